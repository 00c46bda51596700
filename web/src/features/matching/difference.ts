// Where two values differ: the longest common subsequence of their characters, for values as short as names are.

/** A piece of a value, and whether the other one has it too. */
export interface Piece {
  text: string;
  shared: boolean;
}

/** Beyond this length everything is told as different: the table would be too large. */
const CHARACTERS_MAX = 300;

function pieces(flags: [string, boolean][]): Piece[] {
  const out: Piece[] = [];
  for (const [character, shared] of flags) {
    const last = out.at(-1);
    if (last && last.shared === shared) last.text += character;
    else out.push({ text: character, shared });
  }
  return out;
}

/** Both values in pieces, in order. */
export function difference(left: string, right: string): [Piece[], Piece[]] {
  const [a, b] = [[...left], [...right]];
  if (left === right) return [[{ text: left, shared: true }], [{ text: right, shared: true }]];
  if (a.length > CHARACTERS_MAX || b.length > CHARACTERS_MAX) return [[{ text: left, shared: false }], [{ text: right, shared: false }]];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const [first, second]: [[string, boolean][], [string, boolean][]] = [[], []];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [one, other] = [a[i], b[j]];
    if (one !== undefined && one === other) {
      first.push([one, true]);
      second.push([one, true]);
      i += 1;
      j += 1;
    } else if (one !== undefined && (other === undefined || at(i + 1, j) >= at(i, j + 1))) {
      first.push([one, false]);
      i += 1;
    } else {
      second.push([other ?? "", false]);
      j += 1;
    }
  }
  return [pieces(first), pieces(second)];
}
