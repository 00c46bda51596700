// A map of real boundaries: drawn only under the approval number (审图号) they were imported with, which stands on it.
import { MapChart } from "echarts/charts";
import * as echarts from "echarts/core";
import { useMemo } from "react";
import { usePalette } from "../shell/preferences";
import { EChart } from "./EChart";
import { useT } from "./i18n";
import { classes, classOf } from "./TileMap";
import type { Boundaries } from "./types";

echarts.use([MapChart]);

type Feature = Boundaries["geojson"]["features"][number];

/** The boundaries of one level: provinces, or the cities of one province. */
export function level(boundaries: Boundaries | null | undefined, province?: string): Feature[] {
  const features = boundaries?.geojson.features ?? [];
  const isProvince = (code: string) => code.endsWith("0000");
  if (province === undefined) return features.filter((f) => isProvince(f.properties.code));
  return features.filter(({ properties: { code } }) => code.startsWith(province.slice(0, 2)) && code.endsWith("00") && !isProvince(code));
}

export function RegionMap({
  boundaries,
  features,
  values,
  shown,
  selected,
  onSelect,
  label,
}: {
  boundaries: Boundaries;
  features: Feature[];
  values: Map<string, number>;
  shown: (value: number) => string;
  selected?: string | null;
  onSelect: (code: string) => void;
  label: string;
}) {
  const t = useT();
  const palette = usePalette();
  const map = useMemo(() => {
    const name = `${boundaries.sha256}-${features.map((f) => f.properties.code).join("")}`;
    // The library types properties loosely and ours are exact.
    echarts.registerMap(name, { type: "FeatureCollection", features } as never);
    return name;
  }, [boundaries.sha256, features]);
  const option = useMemo(() => {
    const bounds = classes([...values.values()], palette.scale.length - 1);
    const names = new Map(features.map((f) => [f.properties.code, f.properties.name || f.properties.code]));
    return {
      tooltip: {
        trigger: "item",
        renderMode: "richText",
        formatter: ({ name }: { name: string }) => `${names.get(name) ?? name}\n${shown(values.get(name) ?? 0)}`,
      },
      series: [
        {
          type: "map",
          map,
          nameProperty: "code",
          selectedMode: false,
          label: { show: features.length <= 40, formatter: ({ name }: { name: string }) => names.get(name) ?? name, color: palette.ink, fontSize: 10 },
          emphasis: { itemStyle: { areaColor: palette.brand }, label: { color: palette.ink } },
          data: features.map(({ properties: { code } }) => ({
            name: code,
            value: values.get(code) ?? 0,
            itemStyle: {
              areaColor: palette.scale[classOf(values.get(code) ?? 0, bounds)] ?? palette.raised,
              borderColor: code === selected ? palette.ink : palette.line,
              borderWidth: code === selected ? 2 : 0.8,
            },
          })),
        },
      ],
    };
  }, [map, features, values, shown, selected, palette]);
  // Without a number nothing is drawn, whatever was delivered.
  if (!boundaries.approval) return null;
  return (
    <figure className="region-map">
      <EChart option={option} height={460} label={label} onClick={({ name }) => onSelect(name)} />
      <figcaption>{t("map.approval", { number: boundaries.approval })}</figcaption>
    </figure>
  );
}
