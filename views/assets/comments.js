// Shows a post's comments in any page, of any site:
//   <div data-fediverse-comments></div>
//   <script type="module" src="https://blog.example/fediverse/assets/comments.js"></script>
// The page's canonical address says which post it is; data-fediverse-comments="https://…" says otherwise. What stands in
// the element stays there when nothing can be had.
const home = new URL(import.meta.url).origin;

async function load(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function moreOnClick(place) {
  const link = place.querySelector(".fedi-comments-more a");
  link?.addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      const next = await load(link.href);
      place
        .querySelector(".fedi-thread")
        .append(...next.querySelectorAll(".fedi-comments > .fedi-thread > li"));
      const further = next.querySelector(".fedi-comments-more");
      if (further) link.parentElement.replaceWith(further);
      else link.parentElement.remove();
      moreOnClick(place);
    } catch {
      location.assign(link.href);
    }
  });
}

const places = document.querySelectorAll("[data-fediverse-comments]");
if (places.length > 0) {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = `${home}/fediverse/assets/comments.css`;
  document.head.append(style);
}
for (const place of places) {
  const canonical = document.querySelector("link[rel=canonical]")?.href;
  const url = place.dataset.fediverseComments || canonical || location.href.split("#")[0];
  load(`${home}/fediverse/comments?url=${encodeURIComponent(url)}`).then(
    (found) => {
      place.replaceChildren(...found.body.childNodes);
      moreOnClick(place);
    },
    (error) => console.warn("No fediverse comments:", error.message),
  );
}
