//! Labelled texts and columns for measuring recognisers. **Never real data**: every number is drawn, phones use the
//! unassigned-looking subscriber part 0000–0999, domains are those of RFC 2606, and firms say 模拟.
//!
//! Identifiers with a wrong check digit, and numbers of the right length that are something else, stand among the
//! right ones without a label: finding them is an error.

use crate::recognise::{
    Kind, business_registration, luhn, organisation_code, resident_id, resident_id_check_character,
};
use std::ops::Range;

/// A text and the identifiers in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledText {
    /// The text.
    pub text: String,
    /// What stands where, in bytes.
    pub labels: Vec<(Kind, Range<usize>)>,
}

/// A column and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledColumn {
    /// Column name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// What it holds; empty where it holds no identifier.
    pub kinds: Vec<Kind>,
}

/// SplitMix64 (Steele et al., OOPSLA 2014): equal seeds give equal samples on every platform.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// A generator for this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..below`.
    pub fn below(&mut self, below: usize) -> usize {
        ((u128::from(self.bits()) * below as u128) >> 64) as usize
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.below(words.len());
        words.get(place).copied().unwrap_or_default()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }
}

/// Draws one value of a kind.
type Maker = fn(&mut Dice) -> String;

const SURNAMES: [&str; 24] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何",
    "郭", "马", "罗", "欧阳", "诸葛", "司马", "钱",
];
const GIVEN: [&str; 26] = [
    "伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明",
    "超", "秀兰", "霞", "建国", "志强", "晓红", "子涵", "雨欣", "国栋",
];
const REGIONS: [&str; 8] = ["330106", "330782", "110105", "310115", "440305", "510104", "420106", "610113"];
const AREAS: [&str; 8] = [
    "浙江省杭州市西湖区",
    "浙江省金华市义乌市",
    "北京市朝阳区",
    "上海市浦东新区",
    "深圳市南山区",
    "成都市锦江区",
    "武汉市武昌区",
    "西安市雁塔区",
];
const ROADS: [&str; 8] = [
    "文三路",
    "福田街道稠州北路",
    "建国路",
    "张江路",
    "科技南路",
    "人民南路",
    "中山大道",
    "丈八沟街道锦业路",
];
const PLATES: [&str; 8] = ["浙A", "浙G", "京N", "沪C", "粤B", "川A", "鄂A", "陕A"];
const AREA_CODES: [&str; 5] = ["0571", "0579", "010", "021", "0755"];

/// Sentences without an identifier, as a government or an enterprise writes them.
const PLAIN: [&str; 22] = [
    "根据《关于促进制造业高质量发展的若干意见》，全省规模以上工业增加值同比增长6.8%，高新技术产业投资增长12.3%。",
    "企业应当建立健全安全生产责任制，负责人应当每季度至少组织一次全面检查，并将检查结果报送主管部门。",
    "本项目总投资12.5亿元，占地约120亩，建成后预计年产新能源汽车电机30万台，新增就业1200人。",
    "经营范围：道路货物运输；机械设备租赁；建筑材料销售；技术服务、技术开发、技术咨询；货物进出口。",
    "会议强调，要坚持科技创新引领现代化产业体系建设，因地制宜发展新质生产力，做好补链强链延链工作。",
    "合同编号HT-2024-00123，签订日期2024-03-15，交货期限为签约后45个工作日，质保期24个月。",
    "设备型号XK-7130，主轴转速8000r/min，定位精度0.005mm，最大承重1500kg，适用于精密模具加工。",
    "订单号202403150000123456已发货，共12箱，总重356.8千克，预计3月18日到达义乌物流园区3号仓库。",
    "客户反映2号楼电梯间歇性停运，物业已于当日10:35派员检修，更换控制板1块，现已恢复正常运行。",
    "该批次原材料含碳量0.45%，抗拉强度620MPa，符合GB/T 699-2015的要求，准予入库，批号B20240315-07。",
    "上半年累计办理退税1,234笔，金额56,789,012.34元，惠及中小企业876户，平均办理时间缩短至1.5个工作日。",
    "软件版本2.10.3.4已发布，修复了报表导出失败的问题，建议各单位于本月底前完成升级，升级前请做好备份。",
    "关系到群众切身利益的事项，应当广泛听取意见；方案经集体讨论后，由主管部门组织实施并接受监督。",
    "钱塘江流域水质监测断面达到Ⅱ类标准的比例为93.5%，较上年提高1.2个百分点，石油类指标全部达标。",
    "温度控制在85℃至90℃之间，压力不超过0.8MPa，反应时间120分钟，收率可达96.4%，副产物少于0.3%。",
    "2023年度研发费用加计扣除比例提高至100%，符合条件的企业可在7月申报期享受，无需另行备案。",
    "车间共有数控机床48台、工业机器人16台，联网率达到87%，关键工序数控化率78.6%，良品率99.2%。",
    "海关统计显示，前三季度我省机电产品出口8,765.4亿元，占全省出口总值的45.1%，同比增长7.9%。",
    "任何单位和个人不得擅自占用消防通道，违者依照有关规定处理；管理单位应当在显著位置设置标志。",
    "平台日均处理消息3亿条，峰值每秒12万条，端到端时延P99小于50ms，全年可用性99.99%。",
    "产品序列号9787111544937，净含量500g，生产许可信息见包装，保质期12个月，常温避光保存。",
    "客户高度评价了交付质量，经理们随后就下一阶段的合作方式、时间安排和费用分担进行了讨论。",
];

/// `count` labelled sentences.
#[must_use]
pub fn sentences(seed: u64, count: usize) -> Vec<LabelledText> {
    let mut dice = Dice::new(seed);
    (0..count).map(|_| sentence(&mut dice)).collect()
}

/// Text of at least `bytes`: one sentence a line, about every second line without an identifier.
#[must_use]
pub fn text(seed: u64, bytes: usize) -> String {
    let mut dice = Dice::new(seed);
    let mut text = String::with_capacity(bytes + 1_024);
    while text.len() < bytes {
        text.push_str(&sentence(&mut dice).text);
        text.push('\n');
    }
    text
}

/// One sentence.
pub fn sentence(dice: &mut Dice) -> LabelledText {
    let mut out = LabelledText { text: String::new(), labels: Vec::new() };
    match dice.below(22) {
        0 => out
            .say("申请人：")
            .put(Kind::PersonName, name(dice))
            .say("，身份证号")
            .put(Kind::ResidentId, resident(dice))
            .say("，特此证明。"),
        1 => out
            .say("请于本周五前联系")
            .put(Kind::PersonName, name(dice))
            .say("先生，手机")
            .put(Kind::MobilePhone, mobile(dice))
            .say("，确认到货时间。"),
        2 => out
            .say("收款账户")
            .put(Kind::BankCard, card(dice))
            .say("，开户行为模拟银行杭州分行，金额12,000.00元。"),
        3 => out
            .say("模拟")
            .say(dice.of(&["恒达", "锦源", "中川"]))
            .say("有限公司，统一社会信用代码")
            .put(Kind::Uscc, uscc(dice))
            .say("，依法存续。"),
        4 => out.say("住所地：").put(Kind::Address, address(dice)).say("，经核实无误。"),
        5 => out
            .say("车牌")
            .put(Kind::VehiclePlate, plate(dice))
            .say("于3月15日10时32分驶入园区，停放于东侧停车场。"),
        6 => out.say("有关材料请发至").put(Kind::Email, email(dice)).say("，逾期视为放弃。"),
        7 => out.say("咨询电话：").put(Kind::Landline, landline(dice)).say("，工作时间为9:00至17:30。"),
        8 => out
            .say("服务器")
            .put(Kind::IpAddress, ip(dice))
            .say("于凌晨2点出现异常登录，网卡地址")
            .put(Kind::MacAddress, mac(dice))
            .say("。"),
        9 => out.say("设备安装位置（").put(Kind::Coordinates, coordinates(dice)).say("），海拔35.2米。"),
        10 => out.say("持护照").put(Kind::Passport, passport(dice)).say("入境，拟停留30日。"),
        11 => out
            .say("组织机构代码")
            .put(Kind::OrganisationCode, organisation(dice))
            .say("，登记机关为市场监督管理局。"),
        12 => out.say("营业执照注册号").put(Kind::Licence, registration(dice)).say("，已换发新证。"),
        // The same sentences with numbers that are none.
        13 => out.say("模型编号").say(&broken(&resident(dice))).say("不是身份证，仅供测试。"),
        14 => out.say("流水号").say(&broken(&card(dice))).say("已入账，金额为3,456.00元。"),
        15 => out.say("条码").say(&broken(&uscc(dice))).say("无法识别，请重新打印。"),
        16 => out
            .say("法定代表人")
            .put(Kind::PersonName, name(dice))
            .say("，联系电话")
            .put(Kind::MobilePhone, spaced(&mobile(dice)))
            .say("。"),
        17 => out
            .say("家住")
            .put(Kind::Address, address(dice))
            .say("的")
            .put(Kind::PersonName, name(dice))
            .say("女士反映路灯损坏。"),
        _ => out.say(dice.of(&PLAIN)),
    };
    if dice.below(2) == 0 {
        out.say(dice.of(&PLAIN));
    }
    out
}

impl LabelledText {
    fn say(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn put(&mut self, kind: Kind, text: String) -> &mut Self {
        let start = self.text.len();
        self.text.push_str(&text);
        self.labels.push((kind, start..self.text.len()));
        self
    }
}

/// Labelled columns of `rows` values: every kind under a telling and under a silent name, and columns that hold none.
#[must_use]
pub fn columns(seed: u64, rows: usize) -> Vec<LabelledColumn> {
    let mut dice = Dice::new(seed);
    let makers: [(Kind, &str, Maker); 15] = [
        (Kind::ResidentId, "身份证号", resident),
        (Kind::Passport, "护照号", passport),
        (Kind::BankCard, "银行卡号", card),
        (Kind::MobilePhone, "手机", mobile),
        (Kind::Landline, "固定电话", landline),
        (Kind::Email, "邮箱", email),
        (Kind::PersonName, "联系人", name),
        (Kind::Address, "地址", address),
        (Kind::VehiclePlate, "车牌", plate),
        (Kind::Coordinates, "坐标", coordinates),
        (Kind::IpAddress, "ip", ip),
        (Kind::MacAddress, "mac", mac),
        (Kind::Uscc, "统一社会信用代码", uscc),
        (Kind::OrganisationCode, "组织机构代码", organisation),
        (Kind::Licence, "注册号", registration),
    ];
    let mut columns = Vec::new();
    for (kind, title, make) in makers {
        // Every twelfth value is missing, every twentieth is something else.
        let values = |dice: &mut Dice| {
            let value = |place: usize, dice: &mut Dice| match place {
                _ if place % 12 == 7 => String::new(),
                _ if place % 20 == 13 => "不详".to_owned(),
                _ => make(dice),
            };
            (0..rows).map(|place| value(place, dice)).collect::<Vec<_>>()
        };
        columns.push(LabelledColumn { name: title.to_owned(), values: values(&mut dice), kinds: vec![kind] });
        columns.push(LabelledColumn {
            name: format!("f{}", columns.len()),
            values: values(&mut dice),
            kinds: vec![kind],
        });
    }
    let none: [(&str, Maker); 8] = [
        ("order_no", |dice| format!("62{}", dice.digits(17))),
        ("serial", |dice| dice.digits(18)),
        ("amount", |dice| format!("{}.{}", dice.digits(5), dice.digits(2))),
        ("timestamp_ms", |dice| format!("17{}", dice.digits(11))),
        ("product", |dice| {
            dice.of(&["黄金", "白酒", "钢材", "石油", "毛衣", "轴承", "电机", "水泥"]).to_owned()
        }),
        ("county", |dice| dice.of(&["余杭区", "金华市", "温州市", "江北区", "常山县", "安吉县"]).to_owned()),
        ("remark", |dice| dice.of(&PLAIN).to_owned()),
        ("code", |dice| format!("E{}", dice.digits(8))),
    ];
    for (title, make) in none {
        let values = (0..rows).map(|_| make(&mut dice)).collect();
        columns.push(LabelledColumn { name: title.to_owned(), values, kinds: Vec::new() });
    }
    columns
}

fn name(dice: &mut Dice) -> String {
    format!("{}{}", dice.of(&SURNAMES), dice.of(&GIVEN))
}

fn resident(dice: &mut Dice) -> String {
    let (year, month, day) = (1950 + dice.below(60), 1 + dice.below(12), 1 + dice.below(28));
    let body = format!("{}{year}{month:02}{day:02}{}", dice.of(&REGIONS), dice.digits(3));
    let check = resident_id_check_character(body.as_bytes()).map_or('0', char::from);
    format!("{body}{check}")
}

fn card(dice: &mut Dice) -> String {
    let length = 16 + dice.below(4);
    with_last_digit(&format!("62{}", dice.digits(length - 3)), luhn)
}

fn registration(dice: &mut Dice) -> String {
    with_last_digit(&format!("{}{}", dice.of(&REGIONS), dice.digits(8)), business_registration)
}

/// The first digit that makes the check hold; one always does.
fn with_last_digit(body: &str, holds: fn(&[u8]) -> bool) -> String {
    let mut tries = (0..10).map(|digit| format!("{body}{digit}"));
    tries.rfind(|text| holds(text.as_bytes())).unwrap_or_default()
}

fn organisation(dice: &mut Dice) -> String {
    let body = dice.digits(8);
    let mut tries = "0123456789X".chars().map(|check| format!("{body}{check}"));
    let code = tries.rfind(|code| organisation_code(code.as_bytes())).unwrap_or_default();
    match code.split_at_checked(8) {
        Some((body, check)) if dice.below(2) == 0 => format!("{body}-{check}"),
        _ => code,
    }
}

fn uscc(dice: &mut Dice) -> String {
    let body = format!("91{}MA{}", dice.of(&REGIONS), dice.digits(7));
    let mut tries = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().map(|check| format!("{body}{check}"));
    tries.rfind(|code| brain_kernel::uscc::check(code).is_ok()).unwrap_or_default()
}

/// The same with a last digit that passes no check there is.
fn broken(code: &str) -> String {
    let body: String = code.chars().take(code.chars().count() - 1).collect();
    let passes = |code: &str| {
        let bytes = code.as_bytes();
        luhn(bytes) || resident_id(bytes) || brain_kernel::uscc::check(code).is_ok()
    };
    let mut tries = (0..10).map(|digit| format!("{body}{digit}"));
    tries.rfind(|code| !passes(code)).unwrap_or_default()
}

fn mobile(dice: &mut Dice) -> String {
    format!("{}0{}0{}", dice.of(&["138", "139", "157", "186", "199"]), dice.digits(3), dice.digits(3))
}

fn spaced(mobile: &str) -> String {
    let part = |range: Range<usize>| mobile.get(range).unwrap_or_default();
    format!("{} {} {}", part(0..3), part(3..7), part(7..11))
}

fn landline(dice: &mut Dice) -> String {
    format!("{}-{}{}", dice.of(&AREA_CODES), 2 + dice.below(7), dice.digits(7))
}

fn email(dice: &mut Dice) -> String {
    let user = dice.of(&["zhang.san", "li_si", "wangwu88", "info", "hr-team"]);
    format!("{user}{}@{}", dice.below(100), dice.of(&["example.com", "example.org", "mail.example.net"]))
}

fn address(dice: &mut Dice) -> String {
    let (house, block, room) = (1 + dice.below(999), 1 + dice.below(20), 101 + dice.below(800));
    let end = match dice.below(3) {
        0 => String::new(),
        1 => format!("{block}幢"),
        _ => format!("{block}幢{room}室"),
    };
    format!("{}{}{house}号{end}", dice.of(&AREAS), dice.of(&ROADS))
}

fn plate(dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => format!("{}D{}", dice.of(&PLATES), dice.digits(5)),
        1 => format!("{}·{}", dice.of(&PLATES), dice.digits(5)),
        _ => format!("{}{}{}", dice.of(&PLATES), dice.of(&["J", "Q", "8K", "5M"]), dice.digits(4))
            .chars()
            .take(7)
            .collect(),
    }
}

fn ip(dice: &mut Dice) -> String {
    format!("10.{}.{}.{}", dice.below(256), dice.below(256), 1 + dice.below(254))
}

fn mac(dice: &mut Dice) -> String {
    let pairs: Vec<String> = (0..6).map(|_| format!("{:02X}", dice.below(256))).collect();
    pairs.join(":")
}

fn coordinates(dice: &mut Dice) -> String {
    format!("{}.{},{}.{}", 100 + dice.below(20), dice.digits(6), 25 + dice.below(15), dice.digits(6))
}

fn passport(dice: &mut Dice) -> String {
    format!("E{}", dice.digits(8))
}
