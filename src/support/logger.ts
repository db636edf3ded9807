/** What the site writes its log with; the shape of pino, winston and console alike. A library does not choose. */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

const nothing = (): void => undefined;

/** Writes nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** One line a message on standard error, from `info` (or `debug` when asked) up. */
export function lineLogger(options: { debug?: boolean; write?: (line: string) => void } = {}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const line = (level: string) => (fields: Record<string, unknown>, message: string) => {
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join("");
    // A newline inside a foreign value must not be able to forge a second line.
    write(`${new Date().toISOString()} ${level} ${message}${details}`.replace(/[\r\n]+/g, " ") + "\n");
  };
  return {
    debug: options.debug === true ? line("debug") : nothing,
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
}
