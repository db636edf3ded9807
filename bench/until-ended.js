/**
 * Ends this process when it is told to, and when the benchmark that started it is gone, however that came: a server left
 * behind would slow whatever is measured next. What it holds open is `close`d first.
 */
export function untilEnded(close = () => undefined) {
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    await close();
    process.exit(0);
  };
  process.once("SIGTERM", end);
  process.stdin.once("close", end).resume();
}
