// Province-level divisions by code, with their place on the tile grid (column, row): schematic, not boundaries.
import { currentLanguage } from "./language";

export interface Province {
  code: string;
  short: string;
  name: string;
  en: string;
  /** Two letters after GB/T 2260, for tiles in English. */
  letters: string;
  column: number;
  row: number;
}

const table = `230000 黑龙江 黑龙江省 Heilongjiang HL 8 1
220000 吉林 吉林省 Jilin JL 8 2
650000 新疆 新疆维吾尔自治区 Xinjiang XJ 1 3
150000 内蒙古 内蒙古自治区 Inner_Mongolia NM 5 2
620000 甘肃 甘肃省 Gansu GS 2 3
640000 宁夏 宁夏回族自治区 Ningxia NX 3 3
140000 山西 山西省 Shanxi SX 4 3
130000 河北 河北省 Hebei HE 5 3
110000 北京 北京市 Beijing BJ 6 3
120000 天津 天津市 Tianjin TJ 7 3
210000 辽宁 辽宁省 Liaoning LN 8 3
540000 西藏 西藏自治区 Tibet XZ 1 4
630000 青海 青海省 Qinghai QH 2 4
610000 陕西 陕西省 Shaanxi SN 3 4
410000 河南 河南省 Henan HA 4 4
370000 山东 山东省 Shandong SD 5 4
510000 四川 四川省 Sichuan SC 2 5
500000 重庆 重庆市 Chongqing CQ 3 5
420000 湖北 湖北省 Hubei HB 4 5
340000 安徽 安徽省 Anhui AH 5 5
320000 江苏 江苏省 Jiangsu JS 6 5
310000 上海 上海市 Shanghai SH 7 5
530000 云南 云南省 Yunnan YN 2 6
520000 贵州 贵州省 Guizhou GZ 3 6
430000 湖南 湖南省 Hunan HN 4 6
360000 江西 江西省 Jiangxi JX 5 6
330000 浙江 浙江省 Zhejiang ZJ 6 6
450000 广西 广西壮族自治区 Guangxi GX 4 7
440000 广东 广东省 Guangdong GD 5 7
350000 福建 福建省 Fujian FJ 6 7
710000 台湾 台湾省 Taiwan TW 7 7
460000 海南 海南省 Hainan HI 4 8
820000 澳门 澳门特别行政区 Macao MO 5 8
810000 香港 香港特别行政区 Hong_Kong HK 6 8`;

export const PROVINCES: readonly Province[] = table.split("\n").map((line) => {
  const [code = "", short = "", name = "", en = "", letters = "", column, row] = line.split(" ");
  return { code, short, name, en: en.replace("_", " "), letters, column: Number(column), row: Number(row) };
});

export function provinceOf(code: string | null | undefined): Province | undefined {
  return code ? PROVINCES.find((p) => p.code.slice(0, 2) === code.slice(0, 2)) : undefined;
}

export function provinceName(province: Province): string {
  return currentLanguage() === "en" ? province.en : province.name;
}

/** A name for a region code as far as the portal knows it: the province, or the code itself. */
export function regionName(code: string | null | undefined): string {
  if (!code) return "";
  const province = provinceOf(code);
  if (!province) return code;
  return code.endsWith("0000") ? provinceName(province) : `${provinceName(province)} ${code}`;
}
