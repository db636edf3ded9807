/* eslint-disable @typescript-eslint/no-explicit-any -- what populate and maps give has no narrower type here */
import assert from "node:assert/strict";
import type { Connection } from "mongoose";
import mongoose from "mongoose";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

interface PostFields {
  slug: string;
  author?: any;
  tags: string[];
  comments: any;
  meta: any;
  published: Date | null;
}

interface Models {
  readonly Post: mongoose.Model<PostFields>;
  readonly Author: mongoose.Model<{ name: string }>;
}

describe("mongoose on the embedded store", () => {
  let it_: Opened;
  let connection: Connection;

  before(async () => {
    it_ = await opened({ thread: true });
    connection = await mongoose.createConnection(it_.store.uri, { dbName: "blog" }).asPromise();
  });
  after(async () => {
    await connection.close();
    await it_.close();
  });

  function models(): Models {
    const comment = new mongoose.Schema(
      { text: String, likes: { type: Number, default: 0 } },
      { timestamps: true },
    );
    const post = new mongoose.Schema(
      {
        slug: { type: String, unique: true },
        author: { type: mongoose.Schema.Types.ObjectId, ref: "Author", index: true },
        tags: [String],
        comments: [comment],
        meta: { type: Map, of: Number },
        published: Date,
      },
      { timestamps: true },
    );
    post.index({ author: 1, _id: -1 });
    const author = new mongoose.Schema({ name: String });
    const made = {
      Post: connection.models["Post"] ?? connection.model("Post", post),
      Author: connection.models["Author"] ?? connection.model("Author", author),
    };
    return made as unknown as Models;
  }

  it("makes its indexes, saves, populates, and keeps versions and timestamps", async () => {
    const { Post, Author } = models();
    await Post.init();
    const author = await Author.create({ name: "Ada" });
    const post = await Post.create({
      slug: "one",
      author,
      tags: ["a"],
      comments: [{ text: "hi" }],
      meta: { x: 1 },
    });
    post.set("tags", ["a", "b"]);
    post.get("comments").push({ text: "again" });
    await post.save();
    const read = await Post.findOne({ slug: "one" }).populate("author").orFail();
    assert.equal(read.get("author").name, "Ada");
    assert.equal(read.get("meta").get("x"), 1);
    assert.equal(read.get("comments").length, 2);
    assert.ok(read.get("updatedAt") >= read.get("createdAt"));
    await assert.rejects(Post.create({ slug: "one" }), { code: 11000 });
  });

  it("updates an element of an array with its timestamps", async () => {
    const { Post } = models();
    await Post.updateOne({ slug: "one", "comments.text": "again" }, { $inc: { "comments.$.likes": 2 } });
    const post = await Post.findOne({ slug: "one" }).orFail();
    assert.equal(post.get("comments")[1].likes, 2);
  });

  it("claims, counts, pages, streams, bulk writes and aggregates", async () => {
    const { Post } = models();
    await Post.deleteMany({});
    await Post.insertMany(
      Array.from({ length: 25 }, (_, n) => ({ slug: `p${n}`, tags: n % 2 ? ["odd"] : ["even"] })),
    );
    const claimed = await Post.findOneAndUpdate(
      { published: null },
      { published: new Date() },
      { sort: { slug: 1 }, returnDocument: "after" },
    ).orFail();
    assert.equal(claimed.get("slug"), "p0");
    assert.equal(await Post.countDocuments({ tags: "odd" }), 12);
    assert.equal(await Post.estimatedDocumentCount(), 25);
    const page = await Post.find({ tags: "even" }).sort({ _id: -1 }).limit(3).lean();
    assert.deepEqual(
      page.map((post) => (post as unknown as { slug: string }).slug),
      ["p24", "p22", "p20"],
    );
    let streamed = 0;
    for await (const post of Post.find().cursor({ batchSize: 4 })) {
      await Post.updateOne({ _id: post._id }, { $set: { [`meta.n`]: streamed++ } });
    }
    assert.equal(streamed, 25);
    const result = await Post.bulkWrite([
      { updateOne: { filter: { slug: "p1" }, update: { $addToSet: { tags: "new" } } } },
      { deleteOne: { filter: { slug: "p2" } } },
      { insertOne: { document: { slug: "p99" } } },
      { updateOne: { filter: { slug: "p100" }, update: { $set: { tags: [] } }, upsert: true } },
    ]);
    assert.deepEqual(
      [result.modifiedCount, result.deletedCount, result.insertedCount, result.upsertedCount],
      [1, 1, 1, 1],
    );
    const groups = await Post.aggregate([
      { $unwind: "$tags" },
      { $group: { _id: "$tags", n: { $sum: 1 } } },
      { $sort: { n: -1 } },
    ]);
    assert.deepEqual(groups, [
      { _id: "even", n: 12 },
      { _id: "odd", n: 12 },
      { _id: "new", n: 1 },
    ]);
  });
});
