import { conversationsPage, dropConversation, markConversation } from "../../domain/conversations.ts";
import type { Api, Handler } from "../api.ts";
import { notFound } from "../errors.ts";
import { loadConversation, loadConversations } from "../load/conversations.ts";
import { pageOf, setPageLinks } from "../paging.ts";

const WRITE = { scope: "write:conversations" };

/** Direct messages, by the people they are exchanged with. */
export function conversationRoutes(api: Api): void {
  api.get("/api/v1/conversations", { scope: "read:statuses" }, async (context) => {
    const { site, account, viewer, params } = context;
    const page = pageOf(params, { default: 20, max: 40 });
    const rows = await conversationsPage(site, account, page);
    // By the last status, whose id moves when somebody writes; upstream does the same.
    setPageLinks(
      context,
      rows.map((row) => row.lastPost),
      page,
    );
    return loadConversations(site, viewer, rows);
  });

  api.delete("/api/v1/conversations/:id", WRITE, async ({ site, account, params }) => {
    if (!(await dropConversation(site, account, params.requiredId("id")))) throw notFound();
  });

  const mark =
    (unread: boolean): Handler =>
    async ({ site, account, viewer, params }) => {
      const row = await markConversation(site, account, params.requiredId("id"), unread);
      if (row === null) throw notFound();
      return loadConversation(site, viewer, row);
    };
  api.post("/api/v1/conversations/:id/read", WRITE, mark(false));
  api.post("/api/v1/conversations/:id/unread", WRITE, mark(true));
}
