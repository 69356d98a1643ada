"""Names that the gazetteer's sources lack, each as somebody writes it."""

from typing import Final

FORMS: Final = {
    "Amer Samoa": "AS",
    "Argentine Republic": "AR",
    "Bosnia-Herzegovina": "BA",
    "Byelorussia": "BY",
    "Bonaire, Sint Eustatius and Saba": "BQ",
    "Chinese Taipei": "TW",
    "Collectivity of Saint Martin": "MF",
    "Cyprus Turkish": "CY",
    "DPR Korea": "KP",
    "DR Congo": "CD",
    "Democratic Republic of Korea": "KP",
    "Emirates": "AE",
    "Faeroe Islands": "FO",
    "Falklands": "FK",
    "Falkland Island": "FK",
    "Falkland Islands (Malvinas)": "FK",
    "French Republic": "FR",
    "Gabonese Republic": "GA",
    "Guernsey Channel Islands": "GG",
    "Hellenic Republic": "GR",
    "Holy See": "VA",
    "Hong Kong SAR": "HK",
    "Hong Kong Special Administrative Region": "HK",
    "Hong Kong Special Administrative Region of China": "HK",
    "Italian Republic": "IT",
    "Jersey Channel Islands": "JE",
    "KKTC": "CY",
    "Kosovo (under UNSC 1244)": "XK",
    "Kyrgyz Republic": "KG",
    "Lao People's Democratic Republic": "LA",
    "Lebanese Republic": "LB",
    "Libyan Arab Jamahiriya": "LY",
    "Macao SAR": "MO",
    "Macao Special Administrative Region": "MO",
    "Macao Special Administrative Region of China": "MO",
    "Macau SAR": "MO",
    "Mainland China": "CN",
    "Former Yugoslav Republic of Macedonia": "MK",
    "FYR Macedonia": "MK",
    "FYROM": "MK",
    "N Mariana Islands": "MP",
    "North Cyprus": "CY",
    "Northern Cyprus": "CY",
    "Kuzey Kıbrıs": "CY",  # noqa: RUF001
    "Kuzey Kıbrıs Türk Cumhuriyeti": "CY",  # noqa: RUF001
    "Occupied Palestinian Territory": "PS",
    "Palestinian Territory": "PS",
    "Portuguese Republic": "PT",
    "RB Venezuela": "VE",
    "Roumania": "RO",
    "Saint Helena, Ascension and Tristan da Cunha": "SH",
    "Saint Martin French part": "MF",
    "Saint Vincent and the Grenadines": "VC",
    "Separate Customs Territory of Taiwan, Penghu, Kinmen and Matsu": "TW",
    "Serbia and Montenegro": "RS;ME;XK",
    "Sint Maarten Dutch part": "SX",
    "Swiss Confederation": "CH",
    "Syrian Arab Republic": "SY",
    "Taiwan Province of China": "TW",
    "TRNC": "CY",
    "Togolese Republic": "TG",
    "Tunisian Republic": "TN",
    "Turkish Republic of Northern Cyprus": "CY",
    "Turks and Caicos": "TC",
    "United Kingdom of Great Britain and Northern Ireland": "GB",
    "United Mexican States": "MX",
    "United States Virgin Islands": "VI",
    "Vatican City State": "VA",
    "West Bank and Gaza": "PS",
    "Western Samoa": "WS",
}
"""Economies as ISO 3166-1, the United Nations, the World Bank, the OECD, Scopus and Crunchbase
write them where CLDR does not; and Northern Cyprus, which has no code of its own."""

FORMER: Final = {
    "CN": {
        "Chekiang": "Zhejiang",
        "Fukien": "Fujian",
        "Guangxi Zhuang Autonomous Region": "Guangxi",
        "Hopeh": "Hebei",
        "Hupeh": "Hubei",
        "Inner Mongolia Autonomous Region": "Inner Mongolia",
        "Kiangsi": "Jiangxi",
        "Kiangsu": "Jiangsu",
        "Kwangsi": "Guangxi",
        "Kwangtung": "Guangdong",
        "Ningxia Hui Autonomous Region": "Ningxia",
        "Shantung": "Shandong",
        "Shensi": "Shaanxi",
        "Szechuan": "Sichuan",
        "Szechwan": "Sichuan",
        "Tibet Autonomous Region": "Tibet",
        "Xinjiang Uygur Autonomous Region": "Xinjiang",
        "Xinjiang Uyghur Autonomous Region": "Xinjiang",
    },
    "DE": {
        "East Berlin": "State of Berlin",
        "West Berlin": "State of Berlin",
        "Württemberg": "Baden-Wurttemberg",
    },
    "FR": {
        "Basse-Normandie": "Normandy",
        "Burgundy": "Bourgogne-Franche-Comté",
        "Champagne-Ardenne": "Grand Est",
        "Haute-Normandie": "Normandy",
        "Limousin": "New Aquitaine",
        "Lower Normandy": "Normandy",
        "Poitou-Charentes": "New Aquitaine",
        "Upper Normandy": "Normandy",
    },
    "ID": {"Irian Jaya": "Papua"},
    "IN": {
        "Chattisgarh": "Chhattisgarh",
        "Dadra and Nagar Haveli": "Dadra and Nagar Haveli and Daman and Diu",
        "Daman and Diu": "Dadra and Nagar Haveli and Daman and Diu",
        "National Capital Territory of Delhi": "Delhi",
        "NCT of Delhi": "Delhi",
        "Uttrakhand": "Uttarakhand",
    },
    "KR": {
        "Chonbuk": "Jeollabuk-do",
        "Chonnam": "Jeollanam-do",
        "Gangwon State": "Gangwon-do",
        "Jeju Special Self-Governing Province": "Jeju-do",
        "Jeonbuk State": "Jeollabuk-do",
    },
    "MX": {"CDMX": "Mexico City", "Ciudad de México": "Mexico City", "Estado de México": "México"},
    "NO": {
        "Aust-Agder": "Agder",
        "Hedmark": "Innlandet",
        "Hordaland": "Vestland",
        "Nord-Trøndelag": "Trøndelag",
        "Oppland": "Innlandet",
        "Sogn og Fjordane": "Vestland",
        "Sør-Trøndelag": "Trøndelag",
        "Vest-Agder": "Agder",
    },
    "PK": {
        "North-West Frontier Province": "Khyber Pakhtunkhwa",
        "NWFP": "Khyber Pakhtunkhwa",
        "Sind": "Sindh",
    },
    "RU": {
        "Chita Oblast": "Zabaykalskiy (Transbaikal) Kray",
        "Gorky Oblast": "Nizhny Novgorod Oblast",
        "Kalinin Oblast": "Tver Oblast",
        "Kemerovo Oblast": "Kuzbass",
        "Kuybyshev Oblast": "Samara Oblast",
        "Leningrad Oblast": "Leningradskaya Oblast'",
        "Leningrad Region": "Leningradskaya Oblast'",
        "Yakutia": "Sakha",
    },
    "SE": {
        "Göteborgs och Bohus": "Västra Götaland",
        "Malmöhus": "Skåne",
        "Skaraborg": "Västra Götaland",
        "Älvsborg": "Västra Götaland",
    },
    "VN": {"Ha Tay": "Hanoi"},
}
"""Divisions as they were called, or are in full, and what holds their places today."""

NATIVE: Final = {
    "CN": (
        "安徽省 Anhui 北京市 Beijing 重庆市 Chongqing 福建省 Fujian 甘肃省 Gansu 广东省 Guangdong "
        "广西壮族自治区 Guangxi 贵州省 Guizhou 海南省 Hainan 河北省 Hebei 黑龙江省 Heilongjiang "
        "河南省 Henan 湖北省 Hubei 湖南省 Hunan 江苏省 Jiangsu 江西省 Jiangxi 吉林省 Jilin "
        "辽宁省 Liaoning 内蒙古自治区 Inner_Mongolia 宁夏回族自治区 Ningxia 青海省 Qinghai "
        "陕西省 Shaanxi 山东省 Shandong 上海市 Shanghai 山西省 Shanxi 四川省 Sichuan "
        "天津市 Tianjin "
        "西藏自治区 Tibet 新疆维吾尔自治区 Xinjiang 云南省 Yunnan 浙江省 Zhejiang "
        "安徽 Anhui 福建 Fujian 甘肃 Gansu 广东 Guangdong 广西 Guangxi "
        "贵州 Guizhou 海南 Hainan 河北 Hebei 黑龙江 Heilongjiang 河南 Henan 湖北 Hubei 湖南 Hunan "
        "江苏 Jiangsu 江西 Jiangxi 吉林 Jilin 辽宁 Liaoning 内蒙古 Inner_Mongolia 宁夏 Ningxia "
        "青海 Qinghai 陕西 Shaanxi 山东 Shandong 山西 Shanxi 四川 Sichuan "
        "西藏 Tibet 新疆 Xinjiang 云南 Yunnan 浙江 Zhejiang "
        "重慶市 Chongqing 廣東省 Guangdong 廣西壯族自治區 Guangxi 貴州省 Guizhou "
        "黑龍江省 Heilongjiang "
        "江蘇省 Jiangsu 遼寧省 Liaoning 陝西省 Shaanxi 山東省 Shandong 山西省 Shanxi 雲南省 Yunnan"
    ),
    "JP": (
        "愛知県 Aichi 秋田県 Akita 青森県 Aomori 千葉県 Chiba 愛媛県 Ehime 福井県 Fukui "
        "福岡県 Fukuoka 福島県 Fukushima 岐阜県 Gifu 群馬県 Gunma 広島県 Hiroshima 北海道 Hokkaido "
        "兵庫県 Hyōgo 茨城県 Ibaraki 石川県 Ishikawa 岩手県 Iwate 香川県 Kagawa 鹿児島県 Kagoshima "
        "神奈川県 Kanagawa 高知県 Kochi 熊本県 Kumamoto 京都府 Kyoto 三重県 Mie 宮城県 Miyagi "
        "宮崎県 Miyazaki 長野県 Nagano 長崎県 Nagasaki 奈良県 Nara 新潟県 Niigata 大分県 Oita "
        "岡山県 Okayama 沖縄県 Okinawa 大阪府 Osaka 佐賀県 Saga 埼玉県 Saitama 滋賀県 Shiga "
        "島根県 Shimane 静岡県 Shizuoka 栃木県 Tochigi 徳島県 Tokushima 東京都 Tokyo "
        "鳥取県 Tottori "
        "富山県 Toyama 和歌山県 Wakayama 山形県 Yamagata 山口県 Yamaguchi 山梨県 Yamanashi"
    ),
    "KR": (
        "서울특별시 Seoul 서울시 Seoul 부산광역시 Busan 부산시 Busan "
        "대구광역시 Daegu 대구시 Daegu 인천광역시 Incheon 인천시 Incheon "
        "광주광역시 Gwangju 대전광역시 Daejeon 대전시 Daejeon 울산광역시 Ulsan "
        "울산시 Ulsan 세종특별자치시 Sejong-si 세종시 Sejong-si 경기도 Gyeonggi-do "
        "강원특별자치도 Gangwon-do 강원도 Gangwon-do 충청북도 North_Chungcheong "
        "충북 North_Chungcheong "
        "충청남도 Chungcheongnam-do 충남 Chungcheongnam-do 전라북도 Jeollabuk-do "
        "전북특별자치도 Jeollabuk-do 전북 Jeollabuk-do 전라남도 Jeollanam-do 전남 Jeollanam-do "
        "경상북도 Gyeongsangbuk-do 경북 Gyeongsangbuk-do 경상남도 Gyeongsangnam-do "
        "경남 Gyeongsangnam-do 제주특별자치도 Jeju-do 제주도 Jeju-do"
    ),
}
"""Divisions in their own script, and what GeoNames calls them."""
