// Colours of results, severities and states: one meaning each on every page that shows them.
import type { QualitySeverity, Standing, TicketState } from "../../sdk/types";
import { usePalette } from "../../shell/preferences";

export const DIMENSIONS = ["completeness", "uniqueness", "validity", "consistency", "timeliness", "distribution"] as const;

export function useStandingColour(): Record<Standing, string> {
  const palette = usePalette();
  return { passed: palette.ok, failed: palette.gap, unmeasured: palette.choke, waiting: palette.none };
}

export function useSeverityColour(): Record<QualitySeverity, string> {
  const palette = usePalette();
  return { info: palette.none, warning: palette.choke, error: palette.gap, critical: palette.gap };
}

export function useStateColour(): Record<TicketState, string> {
  const palette = usePalette();
  return { open: palette.gap, acknowledged: palette.choke, resolved: palette.ok };
}
