import { readCommandLine } from "./flags.ts";
import { withSite } from "./with-site.ts";

/** `migrate`: brings the database to the shape this version needs; the same happens at every start. */
export async function migrateCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { options } = readCommandLine(argv, environment, []);
  await withSite(options, async (fedi) => {
    const record = await fedi.site.models.meta.findById("migrations").lean();
    const names = Array.isArray(record?.value) ? record.value.map(String) : [];
    console.log(`The database is up to date: ${names.join(", ")}`);
  });
}
