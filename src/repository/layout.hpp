#pragma once
// The names at a volume's root and in .kist.

namespace kist::repository {

inline constexpr const char* kControl = ".kist";
inline constexpr const char* kMirror = "latest";
inline constexpr const char* kReadme = "README.txt";
inline constexpr const char* kPendingNotice = "RUN-KIST-FIRST.txt";
inline constexpr const char* kIdFile = "id";
inline constexpr const char* kCatalogFile = "catalog.sqlite";
inline constexpr const char* kHistory = "history";
inline constexpr const char* kKept = "kept";
inline constexpr const char* kSignatures = "signatures";
inline constexpr const char* kStaging = "staging";
inline constexpr const char* kStagedIn = "in";
inline constexpr const char* kStagedOut = "out";
inline constexpr const char* kRedo = "redo";
inline constexpr const char* kSpace = "space";
inline constexpr const char* kPatching = "patching";
inline constexpr const char* kStagedBefore = "before";
inline constexpr const char* kResumeFile = "resume.sqlite";
inline constexpr const char* kPlanFile = "plan.sqlite";
inline constexpr const char* kFound = "found";
inline constexpr const char* kCoverageFile = "coverage";
inline constexpr const char* kDrillFile = "drill";
inline constexpr const char* kConfiguration = "config";
inline constexpr const char* kReserve = "reserve";
inline constexpr const char* kLock = "lock";

}  // namespace kist::repository
