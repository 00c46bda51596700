// 方格地图: one tile per province, placed roughly where it lies. No boundaries, so nothing to approve.
import { usePalette } from "../shell/preferences";
import { inkOn } from "../shell/theme";
import { useLanguage } from "./i18n";
import { PROVINCES, provinceName } from "./regions";

/** Upper bounds of the classes: quantiles of the positive values, so that one giant does not wash out the rest. */
export function classes(values: number[], count: number): number[] {
  const sorted = values.filter((v) => v > 0).sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  return Array.from({ length: count }, (_, k) => sorted[Math.min(sorted.length - 1, Math.ceil(((k + 1) * sorted.length) / count) - 1)] ?? 0);
}

/** Index into a colour scale: 0 for nothing, then one class after the other. */
export function classOf(value: number, bounds: number[]): number {
  if (!(value > 0) || bounds.length === 0) return 0;
  const at = bounds.findIndex((bound) => value <= bound);
  return (at < 0 ? bounds.length - 1 : at) + 1;
}

export function TileMap({
  values,
  shown,
  selected,
  onSelect,
  label,
}: {
  values: Map<string, number>;
  shown: (value: number) => string;
  selected?: string | null;
  onSelect: (code: string) => void;
  label: string;
}) {
  const palette = usePalette();
  const language = useLanguage();
  const bounds = classes([...values.values()], palette.scale.length - 1);
  const firstRow = Math.min(...PROVINCES.map((p) => p.row));
  return (
    <div className="tilemap" role="group" aria-label={label}>
      {PROVINCES.map((province) => {
        const value = values.get(province.code) ?? 0;
        const background = palette.scale[classOf(value, bounds)] ?? palette.raised;
        return (
          <button
            key={province.code}
            type="button"
            aria-pressed={selected === province.code}
            title={`${provinceName(province)} ${shown(value)}`}
            onClick={() => onSelect(province.code)}
            style={{
              gridColumn: province.column,
              gridRow: province.row - firstRow + 1,
              background,
              color: inkOn(background),
            }}
          >
            <b>{language === "en" ? province.letters : province.short}</b>
            <span>{value > 0 ? compact(value, language === "en") : "·"}</span>
          </button>
        );
      })}
    </div>
  );
}

/** A number that fits a tile: 1234 → 1234, 56789 → 5.7万 / 57k. */
export function compact(value: number, english: boolean): string {
  const short = (n: number) => n.toLocaleString("en-US", { maximumFractionDigits: n < 10 ? 1 : 0 });
  if (english) {
    if (value >= 1e9) return `${short(value / 1e9)}bn`;
    if (value >= 1e6) return `${short(value / 1e6)}m`;
    return value >= 1e4 ? `${short(value / 1e3)}k` : short(value);
  }
  if (value >= 1e8) return `${short(value / 1e8)}亿`;
  return value >= 1e4 ? `${short(value / 1e4)}万` : short(value);
}
