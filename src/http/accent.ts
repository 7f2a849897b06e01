// An application's own colour. It keeps its hue: only its lightness in OKLCH (CSS Color 4, 9.4) changes, if a link or an edge would otherwise be
// invisible. On a button it is used unchanged, under black or white text.
import { hash } from "node:crypto";
import { icon } from "./icon.ts";
import { dark, light } from "./tokens.ts";

type Rgb = [number, number, number];

export interface Accent {
  /** For links and focus: 4.5 against the card. */
  link: string;
  /** For the face of a button, its edge (3 against the card), the face under the pointer, and its text. */
  button: string;
  edge: string;
  pressed: string;
  on: string;
}

/** Changes whenever sheets are made differently: browsers cache each of them by its name. */
const version = hash("sha256", accentSheet("#ffee00")).slice(0, 12);

/** @param colour such as #0b57d0 */
export function accentPath(colour: string): string {
  return `/assets/accent-${colour.slice(1).toLowerCase()}.${version}.css`;
}

/** The colour on a light and on a dark card. */
export function accentsOf(colour: string): { light: Accent; dark: Accent } {
  return { light: accentOn(colour, light.card), dark: accentOn(colour, dark.card) };
}

/** Custom properties for style.ts, in both schemes. */
export function accentSheet(colour: string): string {
  const accents = accentsOf(colour);
  return `:root{${properties(accents.light, light.card)}}
@media (prefers-color-scheme:dark){:root{${properties(accents.dark, dark.card)}}}
`;
}

export function properties({ link, button, edge, pressed, on }: Accent, card: string): string {
  const mark = encodeURIComponent(icon(link, card));
  return `--accent:${link};--button:${button};--button-edge:${edge};--pressed:${pressed};--on-button:${on};--mark:url("data:image/svg+xml,${mark}")`;
}

function accentOn(colour: string, card: string): Accent {
  const on = contrast(rgb(colour), rgb("#ffffff")) >= contrast(rgb(colour), rgb("#000000")) ? "#ffffff" : "#000000";
  const [lightness, chroma, hue] = oklch(rgb(colour));
  // Away from the text on it, so that the contrast does not fall; if there is no room, the other way.
  const away = on === "#ffffff" ? -0.07 : 0.07;
  const pressed = lightness + away < 0 || lightness + away > 1 ? lightness - away * 2 : lightness + away;
  return {
    link: readable(colour, card, 4.6),
    button: colour.toLowerCase(),
    edge: readable(colour, card, 3.1),
    pressed: hex(fromOklch(pressed, chroma, hue)),
    on,
  };
}

/** The same hue, as much darker or lighter as it takes. */
function readable(colour: string, card: string, least: number): string {
  const [lightness, chroma, hue] = oklch(rgb(colour));
  const step = luminance(rgb(card)) > 0.5 ? -0.01 : 0.01;
  for (let shade = lightness; shade > 0 && shade < 1; shade += step) {
    const candidate = shade === lightness ? rgb(colour) : fromOklch(shade, chroma, hue);
    if (contrast(candidate, rgb(card)) >= least) return hex(candidate);
  }
  if (contrast(rgb(colour), rgb(card)) >= least) return colour.toLowerCase();
  return step < 0 ? readable("#fefefe", card, least) : readable("#010101", card, least);
}

/** WCAG 2.2, contrast ratio. */
function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map(linear) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(part: number): number {
  const share = part / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function oklch(colour: Rgb): [lightness: number, chroma: number, hue: number] {
  const [red, green, blue] = colour.map(linear) as Rgb;
  const long = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const middle = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const short = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  const a = 1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short;
  const b = 0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short;
  return [0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short, Math.hypot(a, b), Math.atan2(b, a)];
}

/** With as much chroma as screens can show at that lightness. */
function fromOklch(lightness: number, chroma: number, hue: number): Rgb {
  for (let kept = chroma; kept > 0.002; kept -= 0.002) {
    const parts = partsOf(lightness, kept, hue);
    if (parts.every((part) => part > -0.0005 && part < 1.0005)) return parts.map(toByte) as Rgb;
  }
  return partsOf(lightness, 0, hue).map(toByte) as Rgb;
}

function partsOf(lightness: number, chroma: number, hue: number): Rgb {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ];
}

function toByte(part: number): number {
  const within = Math.min(1, Math.max(0, part));
  return Math.round(255 * (within <= 0.0031308 ? 12.92 * within : 1.055 * within ** (1 / 2.4) - 0.055));
}

function rgb(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as Rgb;
}

function hex(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
