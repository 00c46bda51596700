// What a person chose on this device: language and theme. Kept in local storage, nothing else is.
import { useSyncExternalStore } from "react";
import { applyTheme, PALETTES, type Palette, type ThemeName } from "./theme";

const THEME_KEY = "brain.theme";
const listeners = new Set<() => void>();

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function initialTheme(): ThemeName {
  const kept = stored(THEME_KEY);
  if (kept === "light" || kept === "dark") return kept;
  const prefersDark = typeof matchMedia === "function" && matchMedia("(prefers-color-scheme: dark)").matches;
  return prefersDark ? "dark" : "light";
}

let theme: ThemeName = initialTheme();
applyTheme(theme);

export function setTheme(next: ThemeName): void {
  theme = next;
  try {
    localStorage.setItem(THEME_KEY, next);
  } catch {
    // Private windows refuse storage; the choice then lasts until the page is closed.
  }
  applyTheme(next);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): ThemeName {
  return useSyncExternalStore(subscribe, () => theme, () => "light" as const);
}

export function usePalette(): Palette {
  return PALETTES[useTheme()];
}

/** True below 600 px, where tables become cards and the navigation a drawer. */
export function usePhone(): boolean {
  return useMedia("(max-width: 599.98px)");
}

/** True below 992 px, where the navigation is a drawer. */
export function useNarrow(): boolean {
  return useMedia("(max-width: 991.98px)");
}

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      if (typeof matchMedia !== "function") return () => undefined;
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    () => typeof matchMedia === "function" && matchMedia(query).matches,
    () => false,
  );
}
