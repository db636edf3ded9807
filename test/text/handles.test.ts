import assert from "node:assert/strict";
import { formatHandle, parseHandle } from "../../src/text/handles.ts";

describe("handles", () => {
  const reads: [string, string, string][] = [
    ["@anna@example.org", "anna", "example.org"],
    ["anna@example.org", "anna", "example.org"],
    ["acct:anna@example.org", "anna", "example.org"],
    ["ACCT:anna@example.org", "anna", "example.org"],
    ["  @Anna@Example.ORG ", "Anna", "example.org"],
    ["https://example.org/@anna", "anna", "example.org"],
    ["https://example.org/@anna/", "anna", "example.org"],
    ["https://example.org/@anna@other.example", "anna", "other.example"],
    ["@a.b-c_d@example.org", "a.b-c_d", "example.org"],
    ["anna@bücher.example", "anna", "xn--bcher-kva.example"],
    ["anna@BÜCHER.example", "anna", "xn--bcher-kva.example"],
    ["anna@localhost:3000", "anna", "localhost:3000"],
    ["anna@127.0.0.1:8080", "anna", "127.0.0.1:8080"],
    ["anna@example.org:443", "anna", "example.org"],
  ];
  for (const [text, username, host] of reads) {
    it(`reads ${text.trim()}`, () => {
      assert.deepEqual(parseHandle(text), { username, host });
    });
  }
  const refused = [
    "",
    "@",
    "anna",
    "@anna",
    "anna@",
    "@@example.org",
    "anna@example",
    "anna@1.2",
    "an na@example.org",
    "anna@exa mple.org",
    "anna@example.org/x",
    "anna@example.org?x",
    "anna@user:pw@example.org",
    "anna@-example.org",
    "anna@example.org.",
    "-a@example.org",
    "anna@example..org",
    "anna@[::1]",
    "anna@example.org:99999",
    "https://example.org/users/anna",
    "https://a@b.example/@anna",
    "javascript:alert(1)@example.org",
    `${"a".repeat(600)}@example.org`,
    "anna@example.org\nx",
    "<b>@example.org",
  ];
  for (const text of refused) {
    it(`does not read ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.equal(parseHandle(text), undefined);
    });
  }
  it("writes what it reads", () => {
    assert.equal(formatHandle({ username: "anna", host: "example.org" }), "@anna@example.org");
  });
});
