// The application's logo: above its own pages, and above the pages on which guests sign in to it. Both put the name beside it.

export const logoPath = "/logo.svg";

export const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40">
<style>.a{fill:#0a6b4b}.b{fill:#fff}@media (prefers-color-scheme:dark){.a{fill:#7fd8b3}.b{fill:#111513}}</style>
<path class="a" d="M6 4h9l4 4h13a4 4 0 0 1 4 4v20a4 4 0 0 1-4 4H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z"/>
<path class="b" d="M10 20h11v-4.500L28.500 22 21 28.500V24H10z"/>
</svg>
`;
