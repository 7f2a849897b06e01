// Looks at a screen as different people would: wide and narrow, light and dark, with large text, with assistive technology.
import { mkdirSync } from "node:fs";
import axe, { type AxeResults } from "axe-core";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { narrow, wide } from "./chromium.ts";

const folder = "artifacts/screenshots";
mkdirSync(folder, { recursive: true });

const looks = [
  { look: "wide", viewport: wide, colorScheme: "light" },
  { look: "narrow-dark", viewport: narrow, colorScheme: "dark" },
  { look: "narrow", viewport: narrow, colorScheme: "light" },
] as const;

/** Asserts what must hold for every screen, and keeps screenshots of it. */
export async function inspect(page: Page, name: string): Promise<void> {
  for (const { look, viewport, colorScheme } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: true });
    expect(await violations(page), `axe on ${name}, ${look}`).to.deep.equal([]);
    expect(await overflow(page), `${name} scrolls sideways, ${look}`).to.equal(0);
    expect(await smallTargets(page), `too small to touch on ${name}, ${look}`).to.deep.equal([]);
  }
  await zoomText(page, "200%");
  await page.screenshot({ path: `${folder}/${name}-narrow-large-text.png`, fullPage: true });
  expect(await overflow(page), `${name} scrolls sideways at twice the text size`).to.equal(0);
  await zoomText(page, "");
  await page.setViewportSize(wide);
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>('axe.run(document, { rules: { "target-size": { enabled: true } } })');
  return results.violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}

/** How many CSS pixels of the page lie beyond its right edge. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/** Controls less than 44 CSS pixels high; links within a sentence do not count (WCAG 2.2, 2.5.8). A label around a control is touched too. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate<
    string[]
  >(`[...document.querySelectorAll("button, .button, summary, .others a, .foot a, input:not([type=hidden]), textarea")]
    .filter((control) => control.checkVisibility() && (control.closest("label") ?? control).getBoundingClientRect().height < 43.9)
    .map((control) => control.outerHTML)`);
}

async function zoomText(page: Page, size: string): Promise<void> {
  await page.evaluate(`document.documentElement.style.fontSize = ${JSON.stringify(size)}`);
}

/** From now on, the bytes of all that the page loads, once it has come; the stream of news never ends and does not count. */
export function weigh(page: Page): () => Promise<number> {
  const bodies: Promise<Buffer>[] = [];
  page.on("response", (response) => {
    const streamed = response.headers()["content-type"]?.startsWith("text/event-stream");
    if (response.status() === 200 && !streamed) bodies.push(response.body());
  });
  return async () => Buffer.concat(await Promise.all(bodies)).length;
}
