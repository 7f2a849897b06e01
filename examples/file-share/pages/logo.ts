// The application's logo: above its own pages, and above the pages on which guests sign in to it.

export const logoPath = "/logo.svg";

export const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40" width="150" height="40">
<style>.a{fill:#0a6b4b}.b{fill:#fff}@media (prefers-color-scheme:dark){.a{fill:#7fd8b3}.b{fill:#111513}}</style>
<path class="a" d="M6 4h9l4 4h13a4 4 0 0 1 4 4v20a4 4 0 0 1-4 4H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z"/>
<path class="b" d="M10 20h11v-4.500L28.500 22 21 28.500V24H10z"/>
<text class="a" x="45" y="27" font-family="system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,sans-serif" font-size="20" font-weight="700">File share</text>
</svg>
`;
