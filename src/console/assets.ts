// The console's style sheet and scripts, served from memory under a name that changes with their content.
import { hash } from "node:crypto";
import type Router from "@koa/router";
import { consoleScript, enrolScript, passkeyScript } from "./scripts.ts";
import { consoleStyle } from "./style.ts";

function asset(stem: string, extension: "css" | "js", content: string) {
  return {
    name: `${stem}.${hash("sha256", content).slice(0, 12)}.${extension}`,
    type: extension === "css" ? "text/css" : "text/javascript",
    content,
  };
}

const assets = {
  style: asset("console", "css", consoleStyle),
  console: asset("console", "js", consoleScript),
  passkey: asset("passkey", "js", passkeyScript),
  enrol: asset("enrol", "js", enrolScript),
};
export type ConsoleScript = Exclude<keyof typeof assets, "style">;

export function assetPath(base: string, asset: keyof typeof assets): string {
  return `${base}/assets/${assets[asset].name}`;
}

export function addAssets(router: Router): void {
  for (const { name, type, content } of Object.values(assets)) {
    router.get(`/assets/${name}`, (ctx) => {
      ctx.set("Cache-Control", "public, max-age=31536000, immutable");
      ctx.type = type;
      ctx.body = content;
    });
  }
}
