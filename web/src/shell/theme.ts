// Colours once, for AntD, our own style sheet (as CSS variables) and the canvases (charts, graphs).
import type { ThemeConfig } from "antd";

export type ThemeName = "light" | "dark";

export interface Palette {
  page: string;
  card: string;
  raised: string;
  line: string;
  ink: string;
  ink2: string;
  ink3: string;
  brand: string;
  brandSoft: string;
  ok: string;
  weak: string;
  choke: string;
  gap: string;
  none: string;
  edge: string;
  /** One hue, light to dark (reversed in the dark theme): counts on tiles. */
  scale: readonly string[];
  series: readonly string[];
}

export const PALETTES: Record<ThemeName, Palette> = {
  light: {
    page: "#f3f6fa",
    card: "#ffffff",
    raised: "#f7f9fc",
    line: "#dfe5ee",
    ink: "#14213a",
    ink2: "#45536b",
    ink3: "#5d6b82",
    brand: "#1650b8",
    brandSoft: "#e6eefb",
    ok: "#0f766e",
    weak: "#a16207",
    choke: "#c2410c",
    gap: "#be123c",
    none: "#64748b",
    edge: "#c3cedd",
    scale: ["#eef3fa", "#d3e2f7", "#a9c8f0", "#74a5e4", "#3570c4", "#1d57ad", "#0f3a7d"],
    series: ["#1650b8", "#0f766e", "#b45309", "#7c3aed", "#be123c", "#0e7490"],
  },
  dark: {
    page: "#0b111c",
    card: "#131c2b",
    raised: "#1a2536",
    line: "#2a384e",
    ink: "#e8eef7",
    ink2: "#b4c0d3",
    ink3: "#93a3ba",
    brand: "#6ea8ff",
    brandSoft: "#1b2d4d",
    ok: "#2dd4bf",
    weak: "#facc15",
    choke: "#fb923c",
    gap: "#fb7185",
    none: "#94a3b8",
    edge: "#34445d",
    scale: ["#172234", "#1b3156", "#20457f", "#2b60ad", "#4682d6", "#78a9ee", "#b5d2fb"],
    series: ["#6ea8ff", "#2dd4bf", "#fbbf24", "#c4b5fd", "#fb7185", "#67e8f9"],
  },
};

export const FONT =
  '-apple-system, BlinkMacSystemFont, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "Segoe UI", sans-serif';

/** AntD tokens of a theme; every text colour keeps 4.5:1 on the card and the page. */
export function antdTokens(name: ThemeName): ThemeConfig["token"] {
  const c = PALETTES[name];
  return {
    colorPrimary: name === "light" ? c.brand : "#4c8dff",
    colorInfo: name === "light" ? c.brand : "#4c8dff",
    colorLink: c.brand,
    colorSuccess: name === "light" ? "#0f766e" : "#2dd4bf",
    colorWarning: name === "light" ? "#a16207" : "#facc15",
    colorError: name === "light" ? "#be123c" : "#fb7185",
    colorSuccessBg: name === "light" ? "#e7f6f3" : "#10302d",
    colorSuccessBorder: name === "light" ? "#9ad7cd" : "#1d5b54",
    colorWarningBg: name === "light" ? "#fdf6e0" : "#2f2912",
    colorWarningBorder: name === "light" ? "#e8cf86" : "#5c4f1b",
    colorErrorBg: name === "light" ? "#fdebef" : "#3a1722",
    colorErrorBorder: name === "light" ? "#f2b3c0" : "#6e2a3b",
    colorInfoBg: name === "light" ? "#e9f0fc" : "#16294a",
    colorInfoBorder: name === "light" ? "#b3caf3" : "#29487c",
    colorBgLayout: c.page,
    colorBgContainer: c.card,
    colorBgElevated: name === "light" ? "#ffffff" : c.raised,
    colorBorder: name === "light" ? "#b9c4d4" : "#3c4c66",
    colorBorderSecondary: c.line,
    colorText: c.ink,
    colorTextHeading: c.ink,
    colorTextSecondary: c.ink2,
    colorTextTertiary: c.ink3,
    colorTextDescription: c.ink3,
    colorTextPlaceholder: name === "light" ? "#667389" : "#8b9bb3",
    colorTextQuaternary: name === "light" ? "#667389" : "#8b9bb3",
    borderRadius: 8,
    borderRadiusLG: 12,
    fontFamily: FONT,
    fontSize: 14,
  };
}

/** Makes the palette available to style sheets. */
export function applyTheme(name: ThemeName): void {
  const root = document.documentElement;
  root.dataset.theme = name;
  const c = PALETTES[name];
  for (const [key, value] of Object.entries(c)) {
    if (typeof value === "string") root.style.setProperty(`--${key}`, value);
  }
  root.style.colorScheme = name;
}

/** Black or white, whichever reads better on `#rrggbb`. */
export function inkOn(background: string): string {
  const part = (at: number) => {
    const v = Number.parseInt(background.slice(at, at + 2), 16) / 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  const light = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return 1.05 / (light + 0.05) > (light + 0.05) / 0.052 ? "#ffffff" : "#00040c";
}
