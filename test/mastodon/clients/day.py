"""A day's work with Mastodon.py: prints the address to open, reads the code, prints what it did."""

import json
import sys
import time
import urllib.request

from mastodon import Mastodon, MastodonNotFoundError, MastodonUnauthorizedError, StreamListener

origin, picture, neighbour, neighbour_token, bea_handle, alice_handle, alice_server = sys.argv[1:]


def until(what, condition):
    """Waits for what another server does."""
    end = time.time() + 60
    while not (found := condition()):
        assert time.time() < end, what
        time.sleep(0.05)
    return found


def alice(what, **given):
    """Has Alice, on a Fedify server, do something."""
    request = urllib.request.Request(f"{alice_server}/control/{what}", json.dumps(given).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


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

class Listener(StreamListener):
    """Keeps what is heard."""

    heard = []

    def on_update(self, status):
        self.heard.append(status.content)

    def on_notification(self, notification):
        self.heard.append(notification.type)


listener = Listener()
stream = api.stream_user(listener, run_async=True, timeout=60)
until("the stream", stream.is_receiving)


def at_home(text):
    return until(text, lambda: next((one for one in api.timeline_home() if text in one.content), None))


people = {}
for handle in (bea_handle, alice_handle):
    [person] = api.search(handle, resolve=True, result_type="accounts").accounts
    assert person.acct == handle, person
    api.account_follow(person)
    until(f"the follow of {handle}", lambda: api.account_relationships(person)[0].following)
    people[handle] = person

alice("write", html="<p>Written with Fedify</p>")
hers = at_home("Written with Fedify")
api.status_favourite(hers)
api.status_reblog(hers)
until("Like and Announce", lambda: {"Like", "Announce"} <= {one["type"] for one in alice("received")})

bea = Mastodon(access_token=neighbour_token, api_base_url=neighbour)
bea.status_post("From next door")
api.status_reply(at_home("From next door"), "good morning", untag=False)
mention = until("the mention", lambda: next((one for one in bea.notifications() if one.type == "mention"), None))
bea.status_favourite(bea.search(edited.url, resolve=True, result_type="statuses").statuses[0])
bea.status_post(f"@{mention.account.acct} good morning to you")
until("her favourite", lambda: {"favourite", "mention"} <= {one.type for one in api.notifications()})
until("the stream", lambda: {"favourite", "mention"} <= set(listener.heard))
assert any("From next door" in text for text in listener.heard), listener.heard
stream.close()

made = api.list_create("Bakers")
assert [one.title for one in api.lists()] == ["Bakers"]
api.list_accounts_add(made, people[bea_handle])
assert [one.acct for one in api.list_accounts(made)] == [bea_handle]
bea.status_post("Second breakfast")
until("the list", lambda: any("Second breakfast" in one.content for one in api.timeline_list(made)))
api.list_delete(made)

kept = api.filter_create("breakfast", ["home"], whole_word=True)
assert [one.phrase for one in api.filters()] == ["breakfast"]
second = at_home("Second breakfast")
assert [one.id for one in api.filters_apply([second, edited], api.filters(), "home")] == [edited.id]
api.filter_delete(kept)
assert api.filters() == []
assert [one.name for one in api.search("bread", result_type="hashtags").hashtags] == ["bread"]
assert edited.id in [one.id for one in api.timeline_hashtag("bread")]
for person in people.values():
    assert not api.account_unfollow(person).following
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
