// Our own dozen lines around ECharts: only the charts we use, resized with their box, readable to screen readers.
import { BarChart, LineChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { usePalette } from "../shell/preferences";
import { FONT } from "../shell/theme";

echarts.use([BarChart, LineChart, PieChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, SVGRenderer]);

export type ChartOption = echarts.EChartsCoreOption;
export interface ChartClick {
  name: string;
  seriesName: string;
  dataIndex: number;
}

export function EChart({
  option,
  height = 280,
  label,
  onClick,
}: {
  option: ChartOption;
  height?: number;
  /** What the chart shows, for readers who do not see it. */
  label: string;
  onClick?: (at: ChartClick) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const palette = usePalette();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = echarts.init(element, null, { renderer: "svg" });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(
      {
        color: [...palette.series],
        textStyle: { fontFamily: FONT, color: palette.ink2 },
        animationDuration: 250,
        // Tooltips are drawn, not written as HTML: no inline style that a strict CSP would block.
        tooltip: { renderMode: "richText" },
        ...option,
      },
      true,
    );
  }, [option, palette]);

  useEffect(() => {
    const made = chart.current;
    if (!made || !onClick) return;
    const handler = (event: unknown) => onClick(event as ChartClick);
    made.on("click", handler);
    return () => {
      made.off("click", handler);
    };
  }, [onClick]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}

/** Axis colours of the theme, for spreading into `xAxis` and `yAxis`. */
export function axis(palette: { line: string; ink3: string }) {
  return {
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
    axisLabel: { color: palette.ink3 },
    splitLine: { lineStyle: { color: palette.line } },
    nameTextStyle: { color: palette.ink3 },
  };
}
