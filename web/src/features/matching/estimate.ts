// Shares as people read them: of precision the third digit matters.
import { DASH } from "../../sdk/format";

export function precision(share: number | null | undefined): string {
  return share === null || share === undefined ? DASH : `${(share * 100).toFixed(1)}%`;
}
