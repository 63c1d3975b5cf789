/** The charts of docs/performance.md as SVG, from the bench's rows that have a place in one. */
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { formatValue, type Finding, type Place } from '../bench/finding.ts';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH_PX = 760;
const HEIGHT_PX = 440;

const CHARTS = {
  pages: {
    title: 'Pause by pages written, 512 MB',
    axis: 'pages written since the point',
    logBase: 10,
  },
  size: {
    title: 'Pause by size of the program, 10 pages written',
    axis: 'MB resident',
    logBase: 2,
  },
} as const satisfies Record<Place['chart'], { title: string; axis: string; logBase: number }>;

/** The chart; both axes are logarithmic. Undefined: no row has a place in it. */
export function drawChart(chart: Place['chart'], findings: readonly Finding[]): string | undefined {
  const lines = collectLines(chart, findings);
  if (lines.size === 0) return undefined;
  const instance = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH_PX,
    height: HEIGHT_PX,
  });
  try {
    instance.setOption(optionsOf(chart, lines));
    return `${withoutCounters(instance.renderToSVGString())}\n`;
  } finally {
    instance.dispose();
  }
}

function collectLines(chart: Place['chart'], findings: readonly Finding[]) {
  const lines = new Map<string, [number, number][]>();
  for (const { place, value } of findings) {
    if (place?.chart !== chart) continue;
    lines.set(place.line, [...(lines.get(place.line) ?? []), [place.x, value]]);
  }
  return lines;
}

function optionsOf(chart: Place['chart'], lines: ReadonlyMap<string, [number, number][]>) {
  const { title, axis, logBase } = CHARTS[chart];
  const shared = { type: 'log', minorSplitLine: { show: false } } as const;
  const formatter = (ns: number) => formatValue(ns, 'ns').replace(/\.0+ /, ' ');
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center' },
    legend: { bottom: 0, itemGap: 40 },
    grid: { left: 80, right: 30, top: 50, bottom: 80 },
    xAxis: {
      ...shared,
      logBase,
      name: axis,
      nameLocation: 'middle',
      nameGap: 28,
      ...rangeOf(lines),
    },
    yAxis: { ...shared, axisLabel: { formatter } },
    series: [...lines].map(([name, data]) => ({
      type: 'line',
      name,
      data,
      symbolSize: 7,
      emphasis: { disabled: true },
    })),
  };
}

/** Where the lines begin and end: sizes are no powers of ten. */
function rangeOf(lines: ReadonlyMap<string, [number, number][]>) {
  const all = [...lines.values()].flat().map(([x]) => x);
  return { min: Math.min(...all), max: Math.max(...all) };
}

/** Names that count the process's charts: of styles for hovering, and of what cuts lines off. */
function withoutCounters(svg: string): string {
  return svg
    .replaceAll(/\bzr\d+-c(?=\d)/g, 'clip')
    .replaceAll(/ class="zr\d+-cls-\d+"/g, '')
    .replace(/<style[^]*?<\/style>/, '');
}
