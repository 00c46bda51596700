//! Person names: a surname, one or two further characters, and a word beside them that says so.

use super::Kind;
use super::address::is_chinese;
use super::scanner::{Finding, Strength};
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashSet;

/// Single-character surnames: those of the 百家姓 in use today and further frequent ones.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公";
/// Surnames of two characters.
const COMPOUND: [&str; 22] = [
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "长孙", "宇文", "司徒", "夏侯",
    "令狐", "端木", "申屠", "南宫", "西门", "独孤", "呼延", "轩辕", "澹台",
];
/// Words after which a name stands.
const BEFORE: [&str; 47] = [
    "姓名",
    "联系人",
    "法定代表人",
    "法人代表",
    "负责人",
    "经办人",
    "户主",
    "收件人",
    "收货人",
    "寄件人",
    "发件人",
    "患者",
    "申请人",
    "投保人",
    "被保险人",
    "受益人",
    "持卡人",
    "开户人",
    "股东",
    "监事",
    "董事长",
    "总经理",
    "当事人",
    "原告",
    "被告",
    "员工",
    "职工",
    "学生",
    "驾驶员",
    "司机",
    "车主",
    "业主",
    "房东",
    "承租人",
    "出租人",
    "客户",
    "居民",
    "村民",
    "报案人",
    "投诉人",
    "举报人",
    "证人",
    "家长",
    "监护人",
    "配偶",
    "借款人",
    "担保人",
];
/// Words before which a name stands.
const AFTER: [&str; 12] =
    ["先生", "女士", "小姐", "同志", "同学", "老师", "医生", "师傅", "律师", "教授", "大爷", "阿姨"];
/// Words that are numbers of a person: a name set off by punctuation may stand before them.
const NUMBERS: [&str; 6] = ["身份证", "手机号", "手机", "公民身份", "联系电话", "电话"];
/// Words that begin with a surname's character and are no name.
const NO_NAMES: &str = "高度 高级 高新 高速 高校 安全 安排 安装 方法 方面 方式 方案 关于 关系 时间 时候 金额 金属 成功 成立 成本 成员 \
    程序 程度 单位 单独 温度 万元 经理 文件 文化 明确 明细 全部 全国 国家 国际 公司 公开 公安 公告 公布 平台 平均 平方 应当 应该 应收 \
    和平 和解 来自 来源 计划 计算 相关 相应 支持 支付 支出 强化 强制 容量 原因 原则 原告 海关 海外 花费 权利 权限 都是 云南 云计 \
    江苏 江西 河南 海南 湖南 南方 南京 宁波 宁夏 温州 金华 杭州 台州 成都 安徽 贵州 上海 阳光 石油 石材 白酒 黄金 黄酒 毛利 毛衣 \
    水泥 田间 车间 车辆 车主 连接 连续 项目 游客 管理 管道 华东 华南 华北 路线 路面 曲线 强度 商品 商业 商务 商标 师傅 荣誉 明年 今年 \
    查询 查看 封闭 谈判 官方 官网 边界 党员 党委 景区 景观 席位 费用 冷却 冷链 宫殿 卫生 米粉 桂林 全体 于是 向上 武汉 康复 施工 文本 \
    牛奶 易燃 包装 包括 尚未 符合 左右 纪律 纪录 季度 季节 成年 盛大 古代 吉林 简单 简介 麦克 房屋 房产 解决 解除 解释 时尚 农业 农村 \
    司法 司机 有限 申请 申报 章程 兰州 关键 关注 代表 严重 严格 许可 许多 何时 何地 余额 叶片 苏州 任何 任务 任职 钟表 陆地 石家 方向 \
    白色 黄色 蓝色 金色 银行 玉米 印刷 印章 战略 修改 修理 普通 普及 丰富 索赔 宣传 初级 初步 门户 门诊 容易 敬请 储存 储备 原料 原始 \
    楼房 楼层 满意 满足 区域 国内 强调 练习 廉价 井下 祖国 平安 平衡 计量 索引 相对 鲁班 马上 马路 周期 周边 周围 许昌 徐州 孙子 朱红";
/// Characters that do not stand in given names and so end one.
const ENDERS: &str = "的了是在与或及为由应当须需等于和将已被把对从向到于其该本此又也都并按经因如若且则就但而各每某诉称说问来去做用有无不未可能会要请让给电话手身份证号码性别男女年月日出生住址现系同前后上下";

/// Tables and automaton of names.
#[derive(Debug)]
pub(crate) struct Names {
    surnames: HashSet<char>,
    enders: HashSet<char>,
    no_names: HashSet<[char; 2]>,
    words: Option<AhoCorasick>,
}

/// What a word of the automaton says about where the name stands.
enum Side {
    After,
    Before,
    Number,
}

impl Names {
    pub(crate) fn new() -> Self {
        let words = BEFORE.iter().chain(&AFTER).chain(&NUMBERS);
        let pairs = NO_NAMES.split_whitespace().filter_map(|word| {
            let mut characters = word.chars();
            Some([characters.next()?, characters.next()?])
        });
        Self {
            surnames: SURNAMES.chars().collect(),
            enders: ENDERS.chars().collect(),
            no_names: pairs.collect(),
            // The words are constants: building fails for none of them, which a test shows.
            words: AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(words).ok(),
        }
    }

    /// Append the names that a word beside them announces.
    pub(crate) fn scan(&self, text: &str, found: &mut Vec<Finding>) {
        let Some(words) = &self.words else { return };
        for word in words.find_iter(text) {
            let span = match side(word.pattern().as_usize()) {
                Side::After => self.after(text, word.end()),
                Side::Before => self.before(text, word.start()),
                Side::Number => self.set_off(text, word.start()),
            };
            if let Some((start, end)) = span {
                let twice = found.last().is_some_and(|f| f.kind == Kind::PersonName && f.end > start);
                if !twice {
                    found.push(Finding::new(Kind::PersonName, start, end, Strength::Context));
                }
            }
        }
    }

    /// Whether the whole value looks like a name: two to four Chinese characters that begin with a surname, or a
    /// name of another people with its dot (阿卜杜拉·买买提).
    pub(crate) fn whole(&self, value: &str) -> bool {
        let characters: Vec<char> = value.chars().take(20).collect();
        if let Some(dot) = characters.iter().position(|c| matches!(c, '·' | '•')) {
            let parts =
                characters.len() >= 5 && characters.len() < 20 && dot >= 2 && dot + 2 < characters.len();
            return parts && characters.iter().filter(|c| !is_chinese(**c)).count() == 1;
        }
        let chinese = characters.iter().all(|c| is_chinese(*c));
        let place = characters
            .last()
            .is_some_and(|c| "省市区县旗镇乡村路街州店厂部局科处院所业品机器类型".contains(*c));
        chinese
            && match characters.as_slice() {
                [first, second] => self.plain(*first, *second),
                [first, second, _] => !place && (self.plain(*first, *second) || compound(*first, *second)),
                [first, second, ..] if characters.len() == 4 => !place && compound(*first, *second),
                _ => false,
            }
    }

    fn plain(&self, first: char, second: char) -> bool {
        self.surnames.contains(&first) && !self.no_names.contains(&[first, second])
    }

    /// The name after a word, past a colon, 为, 是 or 叫.
    fn after(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let rest = text.get(at..)?;
        let skipped =
            rest.trim_start_matches([':', '：', ' ', '\t', '为', '是', '叫', '"', '“', '「', '(', '（', '/']);
        let colon = rest.starts_with([':', '：']);
        let start = text.len() - skipped.len();
        let length = self.length(skipped, colon)?;
        Some((start, start + length))
    }

    /// Bytes of the name at the start of `text`; `sure` where a colon stands before it.
    fn length(&self, text: &str, sure: bool) -> Option<usize> {
        let characters: Vec<char> = text.chars().take(5).collect();
        let (first, second) = (*characters.first()?, *characters.get(1)?);
        let surname = if compound(first, second) { 2 } else { 1 };
        if surname == 1 && !self.plain(first, second) {
            return None;
        }
        let given = |place: usize| {
            characters.get(surname + place).is_some_and(|c| is_chinese(*c) && !self.enders.contains(c))
        };
        if !given(0) {
            return None;
        }
        let count = if given(1) { 2 } else { 1 };
        let behind = characters.get(surname + count);
        let bounded = behind.is_none_or(|c| !is_chinese(*c) || self.enders.contains(c));
        // Without a boundary behind it a longer word may have begun; a colon makes up for that.
        (bounded || sure).then(|| characters.iter().take(surname + count).map(|c| c.len_utf8()).sum())
    }

    /// The name before a title: four characters with a surname of two, else three, else two.
    fn before(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let before = text.get(..at)?;
        [4, 3, 2].into_iter().find_map(|count| {
            let (start, _) = before.char_indices().rev().nth(count - 1)?;
            let name = before.get(start..)?;
            let free = before.get(..start)?.chars().next_back().is_none_or(|c| {
                !is_chinese(c) || self.enders.contains(&c) || "人员工长任约找见访谢叫".contains(c)
            });
            let inner = name.chars().skip(1).all(|c| is_chinese(c) && !self.enders.contains(&c));
            (self.whole(name) && inner && (free || count >= 3)).then_some((start, at))
        })
    }

    /// A name that punctuation sets off, right before a word such as 身份证: `张三，身份证…`, `张三（手机…`.
    fn set_off(&self, text: &str, at: usize) -> Option<(usize, usize)> {
        let before = text.get(..at)?;
        let trimmed = before.trim_end_matches(['，', ',', '（', '(', ' ', '、', '的', ':', '：']);
        [2, 3, 4].into_iter().find_map(|count| {
            let (start, _) = trimmed.char_indices().rev().nth(count - 1)?;
            let name = trimmed.get(start..)?;
            let free = trimmed
                .get(..start)?
                .chars()
                .next_back()
                .is_none_or(|c| !is_chinese(c) || "由为请叫民".contains(c));
            (free && self.whole(name)).then_some((start, trimmed.len()))
        })
    }
}

fn side(pattern: usize) -> Side {
    if pattern < BEFORE.len() {
        Side::After
    } else if pattern < BEFORE.len() + AFTER.len() {
        Side::Before
    } else {
        Side::Number
    }
}

fn compound(first: char, second: char) -> bool {
    COMPOUND.iter().any(|surname| surname.chars().eq([first, second]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        Names::new().scan(text, &mut found);
        found.iter().map(|f| &text[f.start..f.end]).collect()
    }

    #[test]
    fn the_words_make_an_automaton_and_surnames_are_named_once() {
        assert!(Names::new().words.is_some());
        assert_eq!(SURNAMES.chars().count(), SURNAMES.chars().collect::<HashSet<_>>().len());
    }

    #[test]
    fn names_are_found_beside_the_words_that_announce_them() {
        assert_eq!(names("联系人：王小明，电话"), ["王小明"]);
        assert_eq!(names("法定代表人为欧阳修远。"), ["欧阳修远"]);
        assert_eq!(names("经李建国先生介绍"), ["李建国"]);
        assert_eq!(names("张伟，身份证号"), ["张伟"]);
        assert_eq!(names("姓名 赵敏 性别 女"), ["赵敏"]);
    }

    #[test]
    fn words_that_only_begin_like_a_name_are_left() {
        for text in [
            "负责人应当签字",
            "联系人高度负责",
            "客户关系管理",
            "负责人的任命",
            "员工安全教育",
            "女士优先",
            "手机号码",
        ] {
            assert!(names(text).is_empty(), "{text}: {:?}", names(text));
        }
    }

    #[test]
    fn whole_values_need_a_surname() {
        let names = Names::new();
        assert!(names.whole("张三") && names.whole("诸葛孔明") && names.whole("阿卜杜拉·买买提"));
        assert!(
            !names.whole("余杭区")
                && !names.whole("黄金")
                && !names.whole("某某")
                && !names.whole("张三丰说话")
        );
    }
}
