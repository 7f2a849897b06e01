// Shared by pages and mails: colours in both schemes. Text on its background has a contrast of 4.5 or more, edges and marks 3
// (WCAG 2.2, 1.4.3 and 1.4.11).

export const light = {
  page: "#f2f4f8",
  card: "#ffffff",
  text: "#191b22",
  quiet: "#545865",
  edge: "#dde1ea",
  line: "#757a88",
  soft: "#eef1f7",
  success: "#17663a",
  "success-soft": "#e7f5ec",
  attention: "#774900",
  "attention-soft": "#fdf2df",
  danger: "#b3261e",
  "danger-soft": "#fdf0ef",
  information: "#0b4f9e",
  "information-soft": "#e9f1fc",
} as const;

export const dark: Record<keyof typeof light, string> = {
  page: "#111318",
  card: "#1c1e25",
  text: "#e7e8ee",
  quiet: "#b2b6c3",
  edge: "#343842",
  line: "#8a8fa0",
  soft: "#272a33",
  success: "#8fd3a8",
  "success-soft": "#1a3024",
  attention: "#f2c879",
  "attention-soft": "#372b14",
  danger: "#f5b9b4",
  "danger-soft": "#3a2220",
  information: "#a8c7fa",
  "information-soft": "#1c2b42",
};

/** Guestpass's own colour, if an application has none. */
export const ownColour = "#0b57d0";
