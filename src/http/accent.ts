// An application's own colour on the pages of a sign-in, in shades that can be read: browsers take no style from a page itself.
import { hash } from "node:crypto";
import { icon } from "./icon.ts";

type Rgb = [number, number, number];

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];
/** The card that a page stands on in the dark: style.ts. */
const darkCard: Rgb = [0x1d, 0x1d, 0x21];

/** Changes with the way in which sheets are made: browsers keep each of them by its name. */
const version = hash("sha256", accentSheet("#ffee00")).slice(0, 12);

/** @param colour such as #0b57d0 */
export function accentPath(colour: string): string {
  return `/assets/accent-${colour.slice(1).toLowerCase()}.${version}.css`;
}

/** Links and buttons in the colour, darker or lighter where it would not stand out enough (WCAG 2.2, 1.4.3) in the scheme. */
export function accentSheet(colour: string): string {
  const given = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as Rgb;
  return `:root{${shades(given, white, black)}}
@media (prefers-color-scheme:dark){:root{${shades(given, darkCard, white)}}}
`;
}

function shades(given: Rgb, card: Rgb, away: Rgb): string {
  const accent = readable(given, card, away);
  const mark = encodeURIComponent(icon(hex(accent), hex(card)));
  const pressed = hex(mix(accent, away, 0.25));
  return `--accent:${hex(accent)};--pressed:${pressed};--on-accent:${hex(card)};--mark:url("data:image/svg+xml,${mark}")`;
}

/** The same colour, moved away from the background by as little as it takes. */
function readable(colour: Rgb, background: Rgb, away: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.02) {
    const shade = mix(colour, away, share);
    if (contrast(shade, background) >= 4.6) return shade;
  }
  return away;
}

function mix(one: Rgb, other: Rgb, share: number): Rgb {
  return one.map((part, at) => Math.round(part + ((other[at] as number) - part) * share)) as Rgb;
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function hex(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
