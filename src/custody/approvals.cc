#include "custody/approvals.h"

#include <fmt/format.h>

#include <utility>

#include "base/digest.h"

namespace salvor::custody {
namespace {

constexpr size_t kMostFiles = 1000;
constexpr int64_t kLargestFile = int64_t{64} << 10U;  // bytes
constexpr std::string_view kStatementEnd = ".json";
constexpr std::string_view kSignatureEnd = ".json.sig";
constexpr uint32_t kFileMode = 0644;  // a case holds nothing confidential

// What is wrong with the entry before it is opened; empty if nothing is.
std::string OutsideProblem(const io::FsReader::Entry& entry) {
  if (entry.info.type == io::FileInfo::Type::kSymlink) return "it is a symbolic link";
  if (entry.info.type != io::FileInfo::Type::kFile) return "it is no file";
  if (entry.info.size > kLargestFile) return "it is too large for a statement";
  return {};
}

Status Fill(const io::FsReader& fs, ApprovalFile& file, const std::string& name) {
  SALVOR_TRY(file.bytes, fs.ReadFile(file.path, kLargestFile));
  file.digest = Sha256Hex(file.bytes);
  if (file.digest + std::string(kStatementEnd) != name) {
    file.problem = "its name is not the SHA-256 of its bytes, so it was changed";
    return Done{};
  }
  auto statement = model::ParseStatement(file.bytes);
  if (!statement) {
    file.problem = statement.error().what;
    return Done{};
  }
  file.statement = *std::move(statement);
  const std::string path = file.path + ".sig";
  SALVOR_TRY(const auto info, fs.Lstat(path));
  if (!info) {
    file.problem = "it has no signature beside it";
    return Done{};
  }
  file.problem = OutsideProblem({name, *info});
  if (!file.problem.empty()) {
    file.problem = "its signature cannot be read: " + file.problem;
    return Done{};
  }
  SALVOR_TRY(file.signature, fs.ReadFile(path, kLargestFile));
  return Done{};
}

bool HasStatement(const std::vector<io::FsReader::Entry>& entries, std::string_view signature) {
  const std::string_view statement = signature.substr(0, signature.size() - 4);
  for (const auto& entry : entries) {
    if (entry.name == statement) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<ApprovalFile>> ReadApprovals(const io::FsReader& fs,
                                                const std::string& case_folder) {
  const std::string folder = io::JoinPath(case_folder, kApprovalsFolder);
  std::vector<ApprovalFile> files;
  SALVOR_TRY(const auto info, fs.Lstat(folder));
  if (!info) return files;
  if (info->type != io::FileInfo::Type::kDirectory) {
    return Fail(Code::kRefused, "approvals must be a folder of the case, and no link", folder);
  }
  SALVOR_TRY(const auto entries, fs.ListEntries(folder));
  if (entries.size() > kMostFiles) {
    return Fail(Code::kRefused, fmt::format("it holds more than {} files", kMostFiles), folder,
                "Take out what salvor did not put there");
  }
  for (const auto& entry : entries) {
    const bool is_signature = entry.name.ends_with(kSignatureEnd);
    if (is_signature && HasStatement(entries, entry.name)) continue;
    ApprovalFile file;
    file.path = io::JoinPath(folder, entry.name);
    file.problem = OutsideProblem(entry);
    if (is_signature && file.problem.empty()) file.problem = "its statement is missing";
    if (!entry.name.ends_with(kStatementEnd) && file.problem.empty()) {
      file.problem = "it is neither a statement nor a signature";
    }
    if (file.problem.empty()) SALVOR_OK(Fill(fs, file, entry.name));
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::string> StoreApproval(io::Fs& fs, const std::string& case_folder,
                                  const std::string& statement, const std::string& signature) {
  const std::string folder = io::JoinPath(case_folder, kApprovalsFolder);
  SALVOR_TRY(const auto info, fs.Lstat(folder));
  if (info && info->type != io::FileInfo::Type::kDirectory) {
    return Fail(Code::kRefused, "approvals must be a folder of the case, and no link", folder);
  }
  SALVOR_TRY(const bool made, fs.MakeDirectory(folder, 0755));
  if (made) SALVOR_OK(fs.SyncDirectory(case_folder));
  const std::string path = io::JoinPath(folder, Sha256Hex(statement) + std::string(kStatementEnd));
  SALVOR_OK(fs.Replace(path + ".sig", signature, kFileMode));
  SALVOR_OK(fs.Replace(path, statement, kFileMode));
  return path;
}

}  // namespace salvor::custody
