//! Names in the form of real ones that no real enterprise bears.
//!
//! A registered name is region + 字号 + trade + legal form (企业名称登记管理规定, art. 6). Every simulated 字号 begins
//! with 模拟 and goes on with two to four invented characters. Of 1.02 million registered names looked at none has such
//! a 字号, and whoever reads one sees what it is. Characters follow the frequencies of real 字号, so that some parts are
//! common and some rare, as matching by term frequencies meets them.

use crate::dice::{Dice, Stream, cumulative};
use crate::firm::{Blueprint, Form};
use crate::parameters::{self as parameters, Activity, Place, Trade};
use std::sync::LazyLock;

/// What every 字号 begins with.
pub const MARK: &str = "模拟";

/// Characters of 字号, most frequent first (national register), without those that name places or bodies.
const CHARACTERS: &str = "华达金天兴新龙通鑫泰海大丰宏恒盛源安信宇康永利建联佳星德万明瑞业和光正宝发富昌鸿成方力隆诚阳嘉博长第美福广凯汇荣亚科远创祥峰润众威元银飞云立益伟辉友民强鹏乐腾鼎运翔合双欣振高同森胜吉百惠锦杰申洋豪裕艺升日生港亿工文汽世都捷风基特田茂航旺绿虹泽九园圣景奥冠浩旭青精普维弘开丽智蓝奇仁晨怡石迪辰神超庆志程太能巨汉商全油兰英久晟厦意松盈健禾家驰亨铭玉卓粮原展骏进雄爱凌坤兆彩灵君名昊拓易公协良越格扬聚耀悦思先慧凤实时群融晶启鹰津欧锋铁清保晋得武锐代俊夏燕乾千义粤图深尔尚谊多用古勤集筑花常共波跃秦圆贵物迅晖居王叶讯洁苏朗紫轻品珠丹朝恩盟溪桂前誉磊鲁舜心优卫帆月沙岛涛澳柏亮雪莱望野";

/// Trade words usual in a sector, in the order of `sectors.tsv`.
const TRADE_WORDS: [&[&str]; 21] = [
    &["农业", "农业科技", "生态农业", "种植", "养殖", "农产品", "水产", "林业", "果蔬"],
    &["矿业", "矿产品", "石料", "砂石", "采矿"],
    &["食品", "粮油", "饮料", "酒业", "茶叶", "农副产品", "调味品", "水产食品"],
    &["纺织", "服饰", "服装", "针织", "家纺", "印染", "化纤", "鞋业", "皮革", "丝绸", "布业"],
    &["家具", "木业", "纸业", "包装", "印刷", "印务", "工艺品", "文具", "玩具", "竹木制品"],
    &["化工", "药业", "生物科技", "新材料", "涂料", "医药", "石化", "精细化工", "日化"],
    &["塑料", "塑业", "橡塑", "塑胶", "橡胶", "包装材料", "模塑"],
    &["建材", "水泥", "玻璃", "陶瓷", "石材", "混凝土", "新型建材"],
    &["五金", "金属制品", "不锈钢", "铝业", "铜业", "钢业", "紧固件", "工具", "锁业"],
    &["机械", "机械制造", "阀门", "泵业", "轴承", "模具", "机电", "自动化", "数控", "液压", "缝纫机"],
    &["电子", "电器", "电气", "照明", "仪表", "光电", "电线电缆", "电机", "电源", "通信设备"],
    &["汽车零部件", "汽配", "车业", "摩托车配件", "船业", "电动车", "交通设备"],
    &["电力", "热电", "燃气", "水务", "能源", "供水"],
    &["建设", "建筑", "装饰", "园林", "市政工程", "安装工程", "建筑劳务", "装饰工程", "消防工程"],
    &["贸易", "商贸", "进出口", "实业", "供应链", "工贸", "百货", "物资"],
    &["物流", "运输", "货运", "仓储", "国际货运代理", "搬运", "快运"],
    &["餐饮", "酒店管理", "汽车维修", "家政服务", "文化传播", "娱乐", "健身", "酒店"],
    &["软件", "信息技术", "网络科技", "信息科技", "数据", "智能科技"],
    &["房地产开发", "置业", "物业管理", "物业", "房地产"],
    &["企业管理", "广告", "投资管理", "咨询", "检测技术", "科技", "人力资源", "旅行社", "工程咨询"],
    &["教育科技", "医疗器械服务", "健康管理", "培训", "体育文化"],
];
/// Trade words of no particular trade.
const VAGUE_WORDS: [&str; 6] = ["科技", "实业", "工贸", "商贸", "技术开发", "产业"];

static SUMS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let law = |rank: f64| {
        libm::pow(rank + parameters::NAME_CHARACTER_SHIFT, -parameters::NAME_CHARACTER_EXPONENT) * 1e7
    };
    cumulative((1..=CHARACTERS.chars().count()).map(|rank| law(rank as f64) as u32))
});
static LETTERS: LazyLock<Vec<char>> = LazyLock::new(|| CHARACTERS.chars().collect());

/// The parts of a name, as the register has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) region: String,
    pub(crate) brand: String,
    pub(crate) trade: &'static str,
    pub(crate) form: String,
    /// Whether the region stands in brackets behind the 字号.
    pub(crate) region_behind: bool,
}

impl Name {
    /// The full name.
    pub(crate) fn full(&self) -> String {
        let Self { region, brand, trade, form, .. } = self;
        if self.region_behind {
            format!("{brand}（{region}）{trade}{form}")
        } else {
            format!("{region}{brand}{trade}{form}")
        }
    }
}

/// The name of an enterprise. `apart` gives a 字号 nobody else has: what a registrar asks for when a name is taken.
pub(crate) fn name(blueprint: &Blueprint, index: u32, trade: Trade, form: Form, apart: bool) -> Name {
    let mut dice = blueprint.dice(Stream::Name, index);
    let place = blueprint.place(index);
    let (region, county) = region(blueprint.places.province, place, &mut dice);
    let brand = if apart { brand_apart(index) } else { brand(&mut dice) };
    let word = trade_word(blueprint, trade, &mut dice);
    let region_behind = !county && matches!(form, Form::Limited | Form::JointStock) && dice.chance(0.04);
    let form = match form {
        Form::Limited => "有限公司".to_owned(),
        Form::LimitedLiability => "有限责任公司".to_owned(),
        Form::JointStock => "股份有限公司".to_owned(),
        Form::Factory if dice.chance(0.1) => "厂（普通合伙）".to_owned(),
        Form::Factory => "厂".to_owned(),
        Form::Partnership => "合伙企业（有限合伙）".to_owned(),
        Form::Cooperative => "专业合作社".to_owned(),
        Form::Shop => dice.of_words(&["经营部", "商行", "店", "批发部", "商店"]).to_owned(),
        Form::Branch => format!("有限公司{}分公司", bare(place.county)),
    };
    Name { region, brand, trade: word, form, region_behind }
}

/// Region of a name and whether it is that of a county.
fn region(province: &'static str, place: &Place, dice: &mut Dice) -> (String, bool) {
    let share = dice.unit();
    let whole_city = place.city.ends_with('市');
    match share {
        _ if share < 0.18 => (bare(province).to_owned(), false),
        _ if share < 0.58 || !whole_city => (bare(place.city).to_owned(), false),
        _ if share < 0.80 => (place.city.to_owned(), false),
        _ if place.county.ends_with('区') => (format!("{}{}", place.city, place.county), true),
        _ => (place.county.to_owned(), true),
    }
}

/// `杭州市` → `杭州`, unless one character would be left.
fn bare(name: &str) -> &str {
    let short = name.strip_suffix(['市', '省', '县', '区']).unwrap_or(name);
    if short.chars().count() >= 2 { short } else { name }
}

fn brand(dice: &mut Dice) -> String {
    let length = if dice.chance(parameters::TWO_CHARACTER_NAMES) { 2 } else { 3 };
    let mut brand = MARK.to_owned();
    for _ in 0..length {
        brand.push(letter(dice.weighted(&SUMS)));
    }
    brand
}

/// Four characters that spell the index, so that no two enterprises share them.
fn brand_apart(index: u32) -> String {
    let count = LETTERS.len() as u64;
    // A multiplier coprime to the count scatters neighbours.
    let mut rest = u64::from(index) * 7_368_787 % (count * count * count * count);
    let mut brand = MARK.to_owned();
    for _ in 0..4 {
        brand.push(letter((rest % count) as usize));
        rest /= count;
    }
    brand
}

fn letter(at: usize) -> char {
    LETTERS.get(at).copied().unwrap_or('华')
}

fn trade_word(blueprint: &Blueprint, trade: Trade, dice: &mut Dice) -> &'static str {
    // Traders are named after the goods' sector as often as after trade itself.
    let goods = blueprint.industries.class(trade.class).map_or(trade.sector, |class| class.sector);
    let trader = matches!(trade.activity, Activity::Wholesale | Activity::Retail);
    let sector = if trader && dice.chance(0.5) { trade.sector } else { goods };
    let share = dice.unit();
    let product = blueprint.industries.term(trade.product);
    match share {
        _ if share < 0.12 => dice.of_words(&VAGUE_WORDS),
        _ if share < 0.40 && (2..=4).contains(&product.chars().count()) => product,
        _ => dice.of_words(TRADE_WORDS.get(usize::from(sector)).copied().unwrap_or(&VAGUE_WORDS)),
    }
}

/// Another character of 字号, for misspellings.
pub(crate) fn other_letter(dice: &mut Dice) -> char {
    letter(dice.weighted(&SUMS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use brain_kernel::company_name::normalise;
    use brain_kernel::region::RegionCode;

    #[test]
    fn every_name_has_the_mark_and_the_parts_of_a_name() {
        let options = Options::new(1_000, 3, RegionCode::parse("330000").unwrap());
        let blueprint = Blueprint::new(options).unwrap();
        for index in 0..1_000 {
            let trade = blueprint.industries.draw(&mut blueprint.dice(Stream::Trade, index), |_| false);
            let form = blueprint.form(index, trade);
            let name = name(&blueprint, index, trade, form, index % 7 == 0);
            assert!(name.brand.starts_with(MARK) && name.brand.chars().count() >= 4, "{name:?}");
            assert!(!name.trade.is_empty() && !name.region.is_empty(), "{name:?}");
            let full = name.full();
            assert!(full.contains(MARK) && (9..=120).contains(&full.len()), "{full}");
            if form == Form::Limited {
                assert_eq!(normalise(&full).legal_form, "有限公司", "{full}");
            }
        }
    }

    #[test]
    fn a_name_apart_is_nobody_elses() {
        let count = LETTERS.len() as u64;
        assert!(count.pow(4) > u64::from(crate::options::ENTERPRISES_MAX));
        let divisor = |mut a: u64, mut b: u64| {
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        assert_eq!(divisor(7_368_787, count), 1, "{count}");
        let mut letters = LETTERS.clone();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len() as u64, count, "no character twice");
    }
}
