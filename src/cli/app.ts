import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { type Admission, type ClientMetadata, defaultPolicy, type NewApplication } from "../applications/application.ts";
import { newClientSecret } from "../applications/applications.ts";
import { operator } from "../audit/audit.ts";
import { InputError } from "../errors.ts";
import { print, withApp } from "./with-app.ts";

interface AddOptions {
  id?: string;
  redirectUri: string[];
  postLogoutRedirectUri: string[];
  auth: string;
  jwks?: string;
  jwksUri?: string;
  idTokenAlg: string;
  native: boolean;
  admission: Admission;
  firstParty: boolean;
  pkceOptional: boolean;
  resource: string[];
  json: boolean;
}

const collect = (value: string, all: string[]) => [...all, value];

export function appCommands(): Command {
  const app = new Command("app").description("relying applications");
  app
    .command("add")
    .description("register an application and print what it needs")
    .argument("<name>", 'what guests see: "Acme Files"')
    .option("--id <client id>", "the client id (a random one otherwise)")
    .requiredOption("--redirect-uri <uri>", "where guests go back to; give it again for more than one", collect, [])
    .option("--post-logout-redirect-uri <uri>", "where guests go after signing out", collect, [])
    .addOption(
      new Option("--auth <method>", "how the application authenticates itself")
        .choices(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
        .default("client_secret_basic"),
    )
    .option("--jwks <file>", "for private_key_jwt: a file with the application's public JWK Set")
    .option("--jwks-uri <uri>", "for private_key_jwt: where the application publishes its JWK Set")
    .addOption(new Option("--id-token-alg <alg>", "how ID tokens are signed").choices(["RS256", "ES256"]).default("RS256"))
    .option("--native", "an application on the guest's own device (RFC 8252)", false)
    .addOption(new Option("--admission <mode>", "who gets in").choices(["directory", "anyone"]).default("directory"))
    .option("--first-party", "your own application: guests are not asked for consent", false)
    .option("--pkce-optional", "only for a confidential application that cannot send PKCE", false)
    .option(
      "--resource <uri=scopes>",
      'an API it may get and introspect tokens for: "https://api.example.com=files:read files:write"',
      collect,
      [],
    )
    .option("--json", "print JSON", false)
    .addHelpText(
      "after",
      '\nExample:\n  guestpass app add "Acme Files" --redirect-uri https://files.example.com/callback --admission anyone',
    )
    .action(add);
  app.command("list").description("list applications").option("--json", "print JSON", false).action(list);
  app.command("show").description("show what an application is registered with").argument("<client id>").action(show);
  app.command("remove").description("remove an application; nobody can sign in to it any more").argument("<client id>").action(remove);
  return app;
}

async function add(name: string, options: AddOptions): Promise<void> {
  await withApp(async ({ config, validate, applications }) => {
    const secret = options.auth.startsWith("client_secret") ? newClientSecret() : undefined;
    const application = toApplication(name, options, secret?.stored);
    await validate(application);
    if (!(await applications.add(application, operator))) {
      throw new InputError(
        `There is an application with the client id ${application.clientId} already. Choose another with --id, or remove that one first.`,
      );
    }
    const needs = {
      issuer: config.issuer,
      discovery: `${config.issuer}/.well-known/openid-configuration`,
      client_id: application.clientId,
      ...(secret ? { client_secret: secret.secret } : {}),
      token_endpoint_auth_method: options.auth,
      redirect_uris: options.redirectUri,
    };
    if (options.json) return console.log(JSON.stringify(needs, null, 2));
    console.log(`${name} is registered. It needs:\n`);
    for (const [label, value] of Object.entries(needs)) console.log(`  ${label.padEnd(27)}${String(value)}`);
    if (secret) console.log("\nThe secret is shown this once: Guestpass keeps only its hash.");
  });
}

function toApplication(name: string, options: AddOptions, storedSecret: string | undefined): NewApplication {
  const metadata: ClientMetadata = {
    redirect_uris: options.redirectUri,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    grant_types: ["authorization_code", "refresh_token", ...(options.auth === "none" ? [] : ["client_credentials"])],
    response_types: ["code"],
    token_endpoint_auth_method: options.auth,
    id_token_signed_response_alg: options.idTokenAlg,
    application_type: options.native ? "native" : "web",
    guestpass_resources: Object.fromEntries(options.resource.map(parseResource)),
    ...(storedSecret ? { client_secret: storedSecret } : {}),
    ...(options.jwks ? { jwks: readJwks(options.jwks) } : {}),
    ...(options.jwksUri ? { jwks_uri: options.jwksUri } : {}),
  };
  const { admission, firstParty, pkceOptional } = options;
  return { clientId: options.id ?? randomUUID(), name, admission, firstParty, pkceOptional, policy: defaultPolicy, metadata };
}

function parseResource(text: string): [indicator: string, info: { scope: string }] {
  const split = text.lastIndexOf("=");
  const indicator = text.slice(0, split);
  if (split < 1 || !URL.canParse(indicator)) {
    throw new InputError(
      `--resource takes an absolute URI, "=" and scopes, such as "https://api.example.com=files:read files:write", not ${text}`,
    );
  }
  return [indicator, { scope: text.slice(split + 1) }];
}

function readJwks(file: string): { keys: object[] } {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as { keys: object[] };
  } catch (cause) {
    throw new InputError(`--jwks names ${file}, which cannot be read as a JWK Set: ${(cause as Error).message}`, { cause });
  }
}

async function list(options: { json: boolean }): Promise<void> {
  await withApp(async ({ applications }) => {
    const rows = [];
    for (let page = await applications.list(); page.length > 0; page = await applications.list(page.at(-1)?.clientId)) {
      rows.push(
        ...page.map(({ clientId, name, admission, firstParty }) => ({ client_id: clientId, name, admission, first_party: firstParty })),
      );
    }
    print(rows, options, "No applications yet. guestpass app add registers one.");
  });
}

async function show(clientId: string): Promise<void> {
  await withApp(async ({ applications }) => {
    const application = await applications.find(clientId);
    if (!application) throw new InputError(`There is no application with the client id ${clientId}.`);
    const { client_secret: secret, ...metadata } = application.metadata;
    console.log(
      JSON.stringify({ ...application, metadata: { ...metadata, ...(secret ? { client_secret: "(kept as a hash)" } : {}) } }, null, 2),
    );
  });
}

async function remove(clientId: string): Promise<void> {
  await withApp(async ({ applications }) => {
    if (!(await applications.remove(clientId, operator))) throw new InputError(`There is no application with the client id ${clientId}.`);
    console.log(`${clientId} is removed.`);
  });
}
