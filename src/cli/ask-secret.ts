import { text } from "node:stream/consumers";
import { InvalidInput } from "../support/errors.ts";

/**
 * A secret typed at the terminal, twice and unseen, or the first line of standard input. Never a flag: those stand in the
 * shell's history and in the list of processes.
 */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return ((await text(process.stdin)).split("\n")[0] ?? "").replace(/\r$/, "");
  const first = await typeUnseen(question);
  if ((await typeUnseen("The same again: ")) !== first)
    throw new InvalidInput("The two differ; nothing was changed.");
  return first;
}

function typeUnseen(question: string): Promise<string> {
  const { stdin, stdout } = process;
  stdout.write(question);
  stdin.setRawMode(true).setEncoding("utf8").resume();
  return new Promise((resolve, reject) => {
    let typed = "";
    const done = (): void => {
      stdin.off("data", onData).setRawMode(false).pause();
      stdout.write("\n");
    };
    const onData = (chunk: string): void => {
      for (const character of chunk) {
        if (character === "\r" || character === "\n") {
          done();
          resolve(typed);
          return;
        }
        if (character === "\u0003" || character === "\u0004") {
          done();
          reject(new InvalidInput("Nothing was changed."));
          return;
        }
        if (character === "\u007f" || character === "\b") typed = [...typed].slice(0, -1).join("");
        else if (character >= " ") typed += character;
      }
    };
    stdin.on("data", onData);
  });
}
