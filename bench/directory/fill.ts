// Records guests by the hundred thousand: rows as JSON, ten thousand a statement, in the tables as the migrations made them.
import type { Knex } from "knex";
import { parseAddress } from "../../src/guests/address.ts";
import { clientIds, type Person, person } from "./people.ts";

const batch = 10_000;
export type Row = Record<string, string | number | null>;

/**
 * What makes it quick on SQLite (no waiting for the disk, a large cache) holds for this handle only: open the database anew to measure.
 * @param now as in person()
 */
export async function fill(db: Knex, guests: number, now: number): Promise<void> {
  const embedded = db.client.config.client === "sqlite3";
  if (embedded)
    for (const pragma of ["synchronous = OFF", "cache_size = -1000000", "secure_delete = OFF"]) await db.raw(`PRAGMA ${pragma}`);
  const searchIndex = embedded ? undefined : await dropSearchIndex(db);
  await insert(
    db,
    "applications",
    clientIds.map((id) => ({
      client_id: id,
      name: id,
      admission: "invited",
      first_party: 1,
      pkce_optional: 0,
      ...application,
      ...dates(now),
    })),
  );
  let aliasId = 0;
  for (let from = 0; from < guests; from += batch) {
    const people = Array.from({ length: Math.min(batch, guests - from) }, (_, index) => person(from + index, now));
    const aliases = people.flatMap((each) => aliasRows(each, () => ++aliasId));
    const primaries = new Map(aliases.filter((row) => row["is_primary"] === 1).map((row) => [row["guest_sub"], row["id"] as number]));
    await db.transaction(async (trx) => {
      await insert(
        trx,
        "guests",
        people.map(({ sub, state, name, createdAt }) => ({ sub, state, name, ...dates(createdAt) })),
      );
      await insert(
        trx,
        "mailboxes",
        people.map((each) => ({ id: each.mailbox, guest_sub: each.sub, verified_at: each.verifiedAt })),
      );
      await insert(trx, "aliases", aliases);
      await insert(
        trx,
        "invitations",
        people.flatMap((each) => invitationRows(each, primaries.get(each.sub) as number, now)),
      );
      if (embedded)
        await trx.raw("INSERT INTO alias_search (rowid, search_text) SELECT id, search_text FROM aliases WHERE id >= ?", [
          aliases[0]?.["id"] as number,
        ]);
    });
  }
  if (embedded) return;
  // Longer than any statement of the server may take.
  if (searchIndex)
    await db.transaction(async (trx) => {
      await trx.raw("SET LOCAL statement_timeout = 0");
      await trx.raw(searchIndex);
    });
  await db.raw("SELECT setval(pg_get_serial_sequence('aliases', 'id'), ?)", [aliasId]);
  await db.raw("VACUUM ANALYZE guests, mailboxes, aliases, invitations");
}

/** Built at the end it takes a fraction of the time. @returns what makes it again; undefined where pg_trgm is missing */
async function dropSearchIndex(db: Knex): Promise<string | undefined> {
  const { rows } = await db.raw("SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'aliases_search'");
  await db.raw("DROP INDEX IF EXISTS aliases_search");
  return rows[0]?.indexdef as string | undefined;
}

const application = { metadata: '{"redirect_uris":["https://files.example/callback"]}', policy: "{}" };
const dates = (at: number) => ({ created_at: at, updated_at: at });

function aliasRows({ sub, mailbox, name, addresses, createdAt }: Person, nextId: () => number): Row[] {
  return addresses.map((address, index) => ({
    id: nextId(),
    address_key: address,
    address,
    domain: parseAddress(address)?.domain ?? "",
    search_text: `${address} ${address} ${name.toLowerCase()}`,
    guest_sub: sub,
    mailbox_id: mailbox,
    is_primary: index === 0 ? 1 : 0,
    created_at: createdAt,
    guest_created_at: createdAt,
  }));
}

function invitationRows({ sub, invitation, createdAt, verifiedAt }: Person, aliasId: number, now: number): Row[] {
  if (!invitation) return [];
  const { id, clientId, sponsor } = invitation;
  const own = { id, client_id: clientId, guest_sub: sub, alias_id: aliasId, target_url: "", sponsor_email: sponsor, sponsor_key: sponsor };
  return [{ ...own, redeem_by: now + 14 * 86_400_000, redeemed_at: verifiedAt, guest_created_at: createdAt, ...dates(createdAt) }];
}

/** One statement for many rows, on both databases. */
export async function insert(db: Knex, table: string, rows: Row[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {});
  if (names.length === 0) return;
  const embedded = db.client.config.client === "sqlite3";
  const values = JSON.stringify(rows.map((row) => names.map((name) => row[name] ?? null)));
  await (embedded
    ? db.raw(`INSERT INTO ${table} (${names.join(", ")}) SELECT ${names.map((_, at) => `value ->> ${at}`).join(", ")} FROM json_each(?)`, [
        values,
      ])
    : db.raw(
        `INSERT INTO ${table} (${names.join(", ")}) SELECT ${names.join(", ")} FROM json_populate_recordset(NULL::${table}, CAST(? AS json))`,
        [JSON.stringify(rows)],
      ));
}
