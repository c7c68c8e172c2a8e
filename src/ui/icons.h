// The icons that windows draw: code points of the embedded icon font (Material Icons) as UTF-8, by what they mean here.
// The font has them wherever it comes from, so this list needs nothing of assets/.
#pragma once

namespace ct::ui::icon {

inline constexpr const char* kToday = "\xee\xa3\x9f";
inline constexpr const char* kPeople = "\xee\x9f\xbb";
inline constexpr const char* kPerson = "\xee\x9f\xbd";
inline constexpr const char* kPayments = "\xee\xbd\xa3";
inline constexpr const char* kReminder = "\xee\x9f\xb4";
inline constexpr const char* kWarning = "\xee\x80\x82";
inline constexpr const char* kSettings = "\xee\xa2\xb8";
inline constexpr const char* kWifi = "\xee\x98\xbe";
inline constexpr const char* kWifiOff = "\xee\x99\x88";
inline constexpr const char* kCloud = "\xee\x8a\xbd";
inline constexpr const char* kCloudUpload = "\xee\x8b\x83";
inline constexpr const char* kCloudDone = "\xee\x8a\xbf";
inline constexpr const char* kSync = "\xee\x98\xa7";
inline constexpr const char* kKey = "\xee\x83\x9a";
inline constexpr const char* kError = "\xee\x80\x80";
inline constexpr const char* kErrorOutline = "\xee\x80\x81";
inline constexpr const char* kCheck = "\xee\x97\x8a";
inline constexpr const char* kCheckCircle = "\xee\xa1\xac";
inline constexpr const char* kClose = "\xee\x97\x8d";
inline constexpr const char* kAdd = "\xee\x85\x85";
inline constexpr const char* kSearch = "\xee\xa2\xb6";
inline constexpr const char* kEdit = "\xee\x8f\x89";
inline constexpr const char* kTrash = "\xee\xa1\xb2";
inline constexpr const char* kUndo = "\xee\x85\xa6";
inline constexpr const char* kRedo = "\xee\x85\x9a";
inline constexpr const char* kPhone = "\xee\x83\x8d";
inline constexpr const char* kEmail = "\xee\x82\xbe";
inline constexpr const char* kChat = "\xee\x82\xb7";
inline constexpr const char* kCalendar = "\xee\xa1\xb8";
inline constexpr const char* kClock = "\xee\xa2\xb5";
inline constexpr const char* kChevronLeft = "\xee\x97\x8b";
inline constexpr const char* kChevronRight = "\xee\x97\x8c";
inline constexpr const char* kChevronDown = "\xee\x97\x8f";
inline constexpr const char* kSave = "\xee\x85\xa1";
inline constexpr const char* kRefresh = "\xee\x97\x95";
inline constexpr const char* kSignOut = "\xee\xa1\xb9";
inline constexpr const char* kComputer = "\xee\x8c\x8a";
inline constexpr const char* kCheckbox = "\xee\xa0\xb4";
inline constexpr const char* kPipeline = "\xee\xa3\xac";  // view_column
inline constexpr const char* kConflict = "\xee\x82\xb6";
inline constexpr const char* kHourglass = "\xee\xa2\x8b";
inline constexpr const char* kHistory = "\xee\xa2\x89";
inline constexpr const char* kBookmark = "\xee\xa1\xa7";
inline constexpr const char* kDownload = "\xee\x8b\x84";
inline constexpr const char* kUpload = "\xee\x8b\x86";
inline constexpr const char* kPrint = "\xee\xa2\xad";
inline constexpr const char* kSnooze = "\xee\x81\x86";
inline constexpr const char* kReceipt = "\xee\xa2\xb0";
inline constexpr const char* kStorage = "\xee\x87\x9b";
inline constexpr const char* kSend = "\xee\x85\xa3";
inline constexpr const char* kRepeat = "\xee\x81\x80";
inline constexpr const char* kMerge = "\xee\x89\x92";
inline constexpr const char* kFilter = "\xee\x85\x92";
inline constexpr const char* kFolder = "\xee\x8b\x87";
inline constexpr const char* kFile = "\xee\x89\x8d";
inline constexpr const char* kUp = "\xee\x97\x98";  // arrow_upward
inline constexpr const char* kHome = "\xee\xa2\x8a";
inline constexpr const char* kInfo = "\xee\xa2\x8e";

}  // namespace ct::ui::icon
