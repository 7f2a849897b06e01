import { Command, Option } from "commander";
import { roles } from "../administrators/administrator.ts";
import type { App } from "../app.ts";
import { InputError } from "../errors.ts";
import { confirm } from "./confirm.ts";
import { jsonOption, yesOption } from "./options.ts";
import { type Format, printJson, printRows } from "./output.ts";
import { withApp } from "./with-app.ts";

interface Listed {
  id: string;
  email: string;
  name: string | null;
  role: string;
  link?: string;
}

const roleOption = () => new Option("--role <role>", "what the administrator may do").choices(roles);

export function adminCommands(): Command {
  const admin = new Command("admin").description("the people who administer Guestpass in the console");
  admin
    .command("list")
    .description("list administrators and their roles")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass admin list")
    .action(list);
  admin
    .command("add")
    .description("add an administrator and print a link that enrols a passkey, once, within three days")
    .argument("<email>")
    .addOption(roleOption().makeOptionMandatory())
    .option("--name <name>", "the person's name")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass admin add ada@acme.example --role owner")
    .action(add);
  admin
    .command("link")
    .description("print a new link that enrols a passkey, for someone who has lost theirs; earlier links stop working")
    .argument("<email>")
    .addHelpText("after", "\nExample:\n  guestpass admin link ada@acme.example")
    .action(link);
  admin
    .command("role")
    .description("give an administrator another role")
    .argument("<email>")
    .argument("<role>", roles.join(", "))
    .addHelpText("after", "\nExample:\n  guestpass admin role ada@acme.example auditor")
    .action(setRole);
  admin
    .command("remove")
    .description("remove an administrator, including passkeys and sessions, unless it is the last owner")
    .argument("<email>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass admin remove ada@acme.example --yes")
    .action(remove);
  return admin;
}

async function list(format: Format): Promise<void> {
  await withApp(async (app) => {
    const { items } = (await app.admin("listAdministrators")).body;
    printRows(
      items as Record<string, unknown>[],
      ["email", "name", "role", "provider", "created_at"],
      format,
      "There are no administrators yet. Add one with guestpass admin add.",
    );
  });
}

async function add(email: string, { role, name, json }: { role: string; name?: string } & Format): Promise<void> {
  await withApp(async (app) => {
    const { body } = await app.admin("addAdministrator", { body: { email, role, ...(name === undefined ? {} : { name }) } });
    if (json) return printJson(body);
    console.log(
      `${email} is ${role === "owner" || role === "auditor" ? "an" : "a"} ${role}. Send this link to nobody else:\n${body["link"]}`,
    );
    if (app.config.console === "off") console.log("The console is off on this server (GUESTPASS_CONSOLE).");
  });
}

async function link(email: string): Promise<void> {
  await withApp(async (app) => {
    const { id } = await find(app, email);
    const { body } = await app.admin("makeAdministratorLink", { params: { id }, body: {} });
    console.log(String(body["link"]));
  });
}

async function setRole(email: string, role: string): Promise<void> {
  await withApp(
    async (app) => {
      const { id } = await find(app, email);
      await app.admin("updateAdministrator", { params: { id }, body: { role } });
      console.log("Changed. It takes effect with the next click.");
    },
    { role: "role" },
  );
}

async function remove(email: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const { id } = await find(app, email);
    await confirm(`${email} will lose access to the console.`, options);
    await app.admin("removeAdministrator", { params: { id } });
    console.log("Removed.");
  });
}

async function find(app: App, email: string): Promise<Listed> {
  const { items } = (await app.admin("listAdministrators")).body;
  const found = (items as Listed[]).find((each) => each.email.toLowerCase() === email.trim().toLowerCase());
  if (!found) throw new InputError(`${email} is not an administrator. guestpass admin list shows who is.`);
  return found;
}
