// What the sample workspace is made of: people, firms and places as a small trading business would know them.
#pragma once

#include <array>
#include <string_view>

namespace ct::app {

struct SamplePlace {
    std::string_view city, calling_code;  ///< "+91"
    std::string_view mobile;              ///< a mobile number there; '#' is any digit
    std::array<std::string_view, 5> people;
    std::array<std::string_view, 3> firms;
};

inline constexpr std::array<SamplePlace, 14> kSamplePlaces{{
    {"Pune",
     "+91",
     "98########",
     {"Asha Rao", "Vikram Deshmukh", "Meera Kulkarni", "Rohan Patil", "Sunita Joshi"},
     {"Rao Interiors", "Deshmukh Travels", "Kulkarni & Sons"}},
    {"मुंबई",
     "+91",
     "98########",
     {"अनिता शर्मा", "राजेश गुप्ता", "प्रिया नायर", "सुरेश यादव", "कविता मिश्रा"},
     {"शर्मा ट्रेडर्स", "गुप्ता एंड कंपनी", "नायर ज्वेलर्स"}},
    {"சென்னை",
     "+91",
     "98########",
     {"கார்த்திக் சுப்ரமணியன்", "லட்சுமி நாராயணன்", "முருகன் வேலு", "தீபா ராமன்", "அருண் குமார்"},
     {"முருகன் டெக்ஸ்டைல்ஸ்", "லட்சுமி மெட்டல்ஸ்", "குமார் ஸ்டோர்ஸ்"}},
    {"কলকাতা",
     "+91",
     "98########",
     {"সুজাতা সেন", "অর্ণব মুখার্জি", "রিয়া দাস", "দেবাশিস ঘোষ", "মৌসুমী রায়"},
     {"সেন প্রিন্টার্স", "ঘোষ মিষ্টান্ন", "রায় ইলেকট্রিক"}},
    {"Bengaluru",
     "+91",
     "98########",
     {"Farhan Sheikh", "Divya Menon", "Arjun Reddy", "Kavya Hegde", "Thomas Mathew"},
     {"Hegde Logistics", "Menon Design Studio", "Mathew Furniture"}},
    {"Zürich",
     "+41",
     "79#######",
     {"Jürg Müller", "Céline Favre", "Lukas Baumgärtner", "Noémie Rüegg", "Reto Käser"},
     {"Müller Küchen AG", "Favre Reisen", "Käser Gartenbau"}},
    {"Kraków",
     "+48",
     "60#######",
     {"Łukasz Wiśniewski", "Zofia Dąbrowska", "Michał Żak", "Agnieszka Król", "Paweł Gołąb"},
     {"Żak Meble", "Dąbrowska Projekt", "Król i Wspólnicy"}},
    {"São Paulo",
     "+55",
     "119########",
     {"João Gonçalves", "Conceição Araújo", "Tomás Brandão", "Inês Magalhães", "Caê Simões"},
     {"Gonçalves Imóveis", "Araújo Eventos", "Brandão Turismo"}},
    {"Αθήνα",
     "+30",
     "69########",
     {"Ελένη Παπαδοπούλου", "Γιώργος Νικολάου", "Κατερίνα Δημητρίου", "Νίκος Αντωνίου", "Σοφία Ιωάννου"},
     {"Νικολάου Έπιπλα", "Αντωνίου Ταξίδια", "Ιωάννου & Υιοί"}},
    {"Київ",
     "+380",
     "67#######",
     {"Олена Коваленко", "Андрій Шевчук", "Ірина Бондар", "Тарас Мельник", "Юлія Гнатюк"},
     {"Бондар Меблі", "Шевчук Буд", "Мельник і партнери"}},
    {"دبي",
     "+971",
     "50#######",
     {"أحمد المنصوري", "فاطمة الهاشمي", "خالد العلي", "مريم السويدي", "يوسف النعيمي"},
     {"المنصوري للعقارات", "الهاشمي للسياحة", "السويدي للأثاث"}},
    {"東京",
     "+81",
     "90########",
     {"佐藤 美咲", "鈴木 健太", "高橋 由美子", "田中 大輔", "伊藤 さくら"},
     {"佐藤工務店", "高橋デザイン", "田中旅行社"}},
    {"서울",
     "+82",
     "10########",
     {"김민준", "이서연", "박지훈", "최수빈", "정하은"},
     {"박가구", "이서연 디자인", "최여행사"}},
    {"Nairobi",
     "+254",
     "72#######",
     {"Wanjiku Kamau", "Otieno Odhiambo", "Amina Hassan", "Brian Mwangi", "Grace Njeri"},
     {"Kamau Supplies", "Mwangi Safaris", "Njeri Interiors"}},
}};

inline constexpr std::array<std::string_view, 12> kSampleNotes{
    "Met at the trade fair. Wants a quotation for the whole ground floor before the end of the month.",
    "Prefers to be called after six in the evening. Asked for samples of the darker finish.",
    "Compares us with two others; price matters less than a firm delivery date.",
    "Came through an old customer. Budget is approved, waiting for the landlord's permission.",
    "Second visit done, measurements taken. The stairs are narrow: delivery in two parts.",
    "Interested in the yearly plan. Would sign if the first instalment can wait until salary day.",
    "Asked for references in the neighbourhood. Sent three names by message.",
    "Family decides together at the weekend. Send the brochure with prices including tax.",
    "Had a bad experience with late delivery elsewhere; promise only what we can keep.",
    "Wants to pay half by UPI now and the rest on delivery. Receipt must carry the firm's name.",
    "No answer on two calls. Try once more on Thursday morning, then send a message.",
    "Likes the second design. Changes: lighter colour, handles on the left, soft-close hinges.",
};

inline constexpr std::array<std::string_view, 10> kSampleTasks{
    "Call back about the quotation",
    "Send the revised design",
    "Visit for measurements",
    "Ask for the advance payment",
    "Confirm the delivery date",
    "Send brochure and prices",
    "Birthday greetings",
    "Follow up after the fair",
    "Collect the signed agreement",
    "Check that the installation went well",
};

}  // namespace ct::app
