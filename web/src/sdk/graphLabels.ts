// Names on a graph, placed one by one so that none covers a node or another name.
import type Sigma from "sigma";
import { FONT } from "../shell/theme";

export const LABEL_SIZE = 13;
const LABELS_MAX = 260;
const CELL = 48;
/** A picture that has not moved for so long rests. */
const REST_MS = 140;
/** Boxes already taken on screen, found by the cells they touch. */
class Taken {
  private readonly cells = new Map<number, [number, number, number, number][]>();

  /** Takes the box, or says that something is there already. */
  claim(left: number, top: number, right: number, bottom: number, force = false): boolean {
    const keys: number[] = [];
    for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x += 1) {
      for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y += 1) keys.push((x + 64) * 4_096 + y + 64);
    }
    if (!force) {
      for (const key of keys) {
        for (const box of this.cells.get(key) ?? []) {
          if (left < box[2] && right > box[0] && top < box[3] && bottom > box[1]) return false;
        }
      }
    }
    for (const key of keys) {
      const there = this.cells.get(key);
      if (there) there.push([left, top, right, bottom]);
      else this.cells.set(key, [[left, top, right, bottom]]);
    }
    return true;
  }
}

interface Placed {
  text: string;
  x: number;
  y: number;
}

/** Names for as many nodes as fit, the largest nodes first. */
function place(renderer: Sigma, context: CanvasRenderingContext2D): Placed[] {
  const { width, height } = renderer.getDimensions();
  const visible: { x: number; y: number; size: number; label: string; forced: boolean }[] = [];
  const taken = new Taken();
  renderer.getGraph().forEachNode((node) => {
    const data = renderer.getNodeDisplayData(node);
    if (!data || data.hidden) return;
    const { x, y } = renderer.framedGraphToViewport(data);
    if (x < 0 || y < 0 || x > width || y > height) return;
    const size = renderer.scaleSize(data.size);
    if (size > 2.5) taken.claim(x - size, y - size, x + size, y + size, true);
    if (data.label && !data.highlighted) visible.push({ x, y, size, label: data.label, forced: data.forceLabel === true });
  });
  visible.sort((a, b) => Number(b.forced) - Number(a.forced) || b.size - a.size);
  const placed: Placed[] = [];
  for (const node of visible) {
    if (placed.length >= LABELS_MAX) break;
    const wide = context.measureText(node.label).width;
    const gap = node.size + 3;
    const half = LABEL_SIZE / 2 + 1;
    const places: [number, number][] = [
      [node.x + gap, node.y],
      [node.x - gap - wide, node.y],
      [node.x - wide / 2, node.y + gap + half],
      [node.x - wide / 2, node.y - gap - half],
    ];
    const free = places.find(
      ([left, middle]) =>
        left > 2 && left + wide < width - 2 && taken.claim(left - 1, middle - half, left + wide + 1, middle + half),
    );
    if (free) placed.push({ text: node.label, x: free[0], y: free[1] + LABEL_SIZE * 0.36 });
  }
  return placed;
}

/** The names of a picture: placed again when it moved, painted again when it was only drawn again. */
export class GraphLabels {
  private placed: Placed[] | null = null;
  private view = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** With `patient`, placing waits until the picture rests: among thousands of nodes it takes longer than a frame. */
  constructor(
    private readonly renderer: Sigma,
    private readonly ink: string,
    private readonly patient: boolean,
  ) {
    renderer.on("afterRender", () => this.rendered());
  }

  /** Which names there are, or where, has changed. */
  forget(): void {
    this.placed = null;
  }

  /** No more names; the picture goes. */
  stop(): void {
    clearTimeout(this.timer);
  }

  private rendered(): void {
    const { x, y, ratio, angle } = this.renderer.getCamera().getState();
    const { width, height } = this.renderer.getDimensions();
    const view = [x, y, ratio, angle, width, height].join();
    if (view !== this.view || !this.patient) this.placed = null;
    this.view = view;
    clearTimeout(this.timer);
    if (this.placed) this.paint(this.placed);
    else if (this.patient) this.timer = setTimeout(() => this.draw(), REST_MS);
    else this.draw();
  }

  private draw(): void {
    const context = this.context();
    if (!context) return;
    this.placed = place(this.renderer, context);
    this.paint(this.placed);
  }

  private paint(placed: Placed[]): void {
    const context = this.context();
    if (!context) return;
    for (const name of placed) context.fillText(name.text, name.x, name.y);
  }

  private context(): CanvasRenderingContext2D | null {
    const context = this.renderer.getCanvases().labels?.getContext("2d") ?? null;
    if (context) {
      context.font = `${LABEL_SIZE}px ${FONT}`;
      context.fillStyle = this.ink;
    }
    return context;
  }
}
