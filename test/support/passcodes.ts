// What a guest does with codes, and how Guestpass answers.
import type { Answer } from "./browser.ts";

export type Verdict = "accepted" | "not right" | "locked";

/** The result of a typed code: accepted leads to the application, everything else is a page. */
export function verdict(answer: Answer): Verdict {
  if (answer.status === 303 && new URL(answer.location).pathname.startsWith("/auth/")) return "accepted";
  if (answer.status === 422 && answer.document.querySelector("#code-problem")) return "not right";
  if (answer.status === 403 && hasForm(answer, "/start-again")) return "locked";
  throw new Error(`neither accepted nor refused: ${answer.status} ${answer.text}`);
}

function hasForm(page: Answer, action: string): boolean {
  return page.document.querySelectorAll("form").some((form) => form.getAttribute("action")?.endsWith(action));
}

export function count<T>(all: T[], one: T): number {
  return all.filter((each) => each === one).length;
}

/** Codes that are all different, and none of them the right one. */
export function wrongCodes(right: string, howMany: number): string[] {
  return Array.from({ length: howMany }, (_, index) => String((Number(right) + 1 + index) % 1_000_000).padStart(6, "0"));
}
