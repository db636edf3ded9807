"""A day's work with Mastodon.py: prints the address to open, reads the code, prints what it did."""

import sys

from mastodon import Mastodon, MastodonNotFoundError, MastodonUnauthorizedError

origin, picture = sys.argv[1:]
key, secret = Mastodon.create_app("Snake", api_base_url=origin, scopes=["read", "write", "follow"])
api = Mastodon(client_id=key, client_secret=secret, api_base_url=origin)
print(api.auth_request_url(scopes=["read", "write", "follow"]), flush=True)
api.log_in(code=sys.stdin.readline().strip(), scopes=["read", "write", "follow"])

me = api.me()
assert me.acct == "blog", me
assert api.instance().version.startswith("4."), api.instance()
assert api.timeline_home() == []

media = api.media_post(picture, mime_type="image/jpeg", description="A crust", focus=(0.2, -0.3))
status = api.status_post("Fresh #bread", media_ids=[media], visibility="public", language="en")
assert status.media_attachments[0].description == "A crust", status
reply = api.status_post("Still hot", in_reply_to_id=status)
assert [one.id for one in api.status_context(status).descendants] == [reply.id]
poll = api.status_post("Butter?", poll=api.make_poll(["Yes", "No"], 3600))
assert [option.title for option in poll.poll.options] == ["Yes", "No"], poll

assert api.status_favourite(status).favourited
assert api.status_reblog(status).reblog.id == status.id
assert api.status_bookmark(status).bookmarked
assert [one.id for one in api.favourites()] == [status.id]
assert [one.id for one in api.bookmarks()] == [status.id]
assert not api.status_unfavourite(status).favourited
assert not api.status_unreblog(status).reblogged
assert not api.status_unbookmark(status).bookmarked

edited = api.status_update(status, status="Very fresh #bread", media_ids=[media])
assert "Very fresh" in edited.content and edited.edited_at, edited
assert len(api.status_history(status)) == 2

first = api.account_statuses(me, limit=2)
everything = api.fetch_remaining(first)
assert len(everything) == 3, everything
assert api.notifications() == []
made = api.list_create("Bakers")
assert [one.title for one in api.lists()] == ["Bakers"]
api.list_delete(made)
api.markers_set(["home"], [status])
assert int(api.markers_get(["home"])["home"].last_read_id) == status.id
assert api.search("blog", result_type="accounts").accounts[0].acct == "blog"

api.status_delete(status)
try:
    api.status(status)
    raise AssertionError("the status is still there")
except MastodonNotFoundError:
    pass
api.revoke_access_token()
print("the day is done", flush=True)
