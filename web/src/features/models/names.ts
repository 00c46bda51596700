// Colours of a model's states: one meaning each on this page.
import { usePalette } from "../../shell/preferences";
import type { ModelHealth } from "../../sdk/types";

export function useHealthColour(): Record<ModelHealth, string> {
  const palette = usePalette();
  return { fresh: palette.ok, stale: palette.choke, waiting: palette.none, blocked: palette.gap, failing: palette.gap };
}
