import assert from "node:assert/strict";

/**
 * Everything between `<` and `>` must be one of these tags with these attributes, written plainly. It is checked with a
 * grammar of its own, not with the parser that the sanitiser uses: what passes, every browser reads the same.
 */
export function assertOnlyMarkup(
  html: string,
  allowed: { tags: readonly string[]; attributes: readonly string[] },
): void {
  const rest = html.replace(
    /<(\/?)([a-z][a-z0-9]*)((?: [a-z]+(?:="[^"<>]*")?)*)( \/)?>/g,
    (tag, _slash, name: string, attributes: string) => {
      assert.ok(allowed.tags.includes(name), `the tag ${tag} is not allowed in ${html}`);
      for (const [, attribute = "", value = ""] of attributes.matchAll(/ ([a-z]+)(?:="([^"]*)")?/g)) {
        assert.ok(
          allowed.attributes.includes(attribute),
          `the attribute ${attribute} is not allowed: ${tag}`,
        );
        if (["href", "src", "poster", "cite"].includes(attribute)) {
          assert.match(value, /^(?:https?|mailto|xmpp|gemini|gopher):/i, tag);
          // eslint-disable-next-line no-control-regex -- browsers drop control characters from addresses
          assert.doesNotMatch(value, /[\0-\u001f]/, tag);
        }
      }
      return "";
    },
  );
  assert.doesNotMatch(rest, /[<>]/, `something else than a tag stands in ${html}`);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(html, /[\0-\u0008\u000b\u000c\u000e-\u001f]/);
}

export const FOREIGN = {
  tags: "p br span a abbr del s pre blockquote code b strong u sub sup i em h1 h2 h3 h4 h5 h6 ul ol li ruby rt rp".split(
    " ",
  ),
  attributes: "href rel target class title translate start reversed value".split(" "),
};

export const OWN = {
  tags: [
    ...FOREIGN.tags,
    ..."div section article aside header footer main hgroup hr ins small mark kbd samp var q cite dfn time data".split(
      " ",
    ),
    ..."bdi bdo wbr dl dt dd figure figcaption img audio video source details summary rb".split(" "),
    ..."table caption colgroup col thead tbody tfoot tr th td".split(" "),
  ],
  attributes: [
    ..."href hreflang rel class title translate lang dir src alt width height loading controls preload poster".split(
      " ",
    ),
    ..."type cite datetime value start reversed colspan rowspan headers scope abbr span open".split(" "),
  ],
};
