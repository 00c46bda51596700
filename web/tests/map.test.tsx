import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import "../src/sdk/i18n";
import { level, RegionMap } from "../src/sdk/RegionMap";
import type { Boundaries } from "../src/sdk/types";

// jsdom draws no SVG text measures; what counts here is what is drawn at all, and what stands on it.
vi.mock("../src/sdk/EChart", () => ({ EChart: ({ label }: { label: string }) => <div role="img" aria-label={label} /> }));

const square = [[[[120, 30], [121, 30], [121, 31], [120, 30]]]];
const region = (code: string) => ({
  type: "Feature" as const,
  properties: { code, name: "试验" },
  geometry: { type: "MultiPolygon" as const, coordinates: square },
});
const boundaries = (approval: string) =>
  ({
    approval,
    source: "试验图",
    sha256: "00",
    imported_at: "2026-01-01T00:00:00Z",
    imported_by: "a",
    geojson: { type: "FeatureCollection", features: ["330000", "330100", "330106", "320000"].map(region) },
  }) as Boundaries;

function map(approval: string) {
  const given = boundaries(approval);
  render(<RegionMap boundaries={given} features={level(given)} values={new Map()} shown={String} onSelect={() => undefined} label="地图" />);
}

describe("a map of boundaries", () => {
  it("shows the approval number it was imported under", () => {
    map("GS(2024)0650号");
    expect(screen.getByRole("img", { name: "地图" })).toBeTruthy();
    expect(screen.getByText("审图号：GS(2024)0650号")).toBeTruthy();
  });
  it("is not drawn without one", () => {
    map("");
    expect(screen.queryByRole("img")).toBeNull();
  });
  it("draws provinces, or the cities of one", () => {
    const codes = (features: ReturnType<typeof level>) => features.map((f) => f.properties.code);
    const given = boundaries("GS(2024)0650号");
    expect(codes(level(given))).toEqual(["330000", "320000"]);
    expect(codes(level(given, "330000"))).toEqual(["330100"]);
    expect(level(null)).toEqual([]);
  });
});
