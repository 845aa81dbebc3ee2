#include "io/access.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace salvor::io {
namespace {

constexpr uint32_t kAllow = 0;
// Reading named attributes, attributes and the ACL itself, and waiting for writes: nothing of what
// the file holds.
constexpr uint32_t kHarmless = 0x8U | 0x80U | 0x2'0000U | 0x10'0000U;

// linux/magic.h, and the file systems' own sources.
constexpr std::array<std::pair<uint32_t, std::string_view>, 12> kWithoutModeBits{{
    {0x4d44, "vfat"},
    {0x2011bab0, "exfat"},
    {0x5346544e, "ntfs"},
    {0x7366746e, "ntfs3"},
    {0xff534d42, "cifs"},
    {0xfe534d42, "smb2"},
    {0x517b, "smbfs"},
    {0x65735546, "fuse"},
    {0x01021997, "9p"},
    {0x786f4256, "vboxsf"},
    {0x4244, "hfs"},
    {0x9660, "iso9660"},
}};

// Big-endian words and padded texts, from the front.
class Xdr {
 public:
  explicit Xdr(std::string_view bytes) : bytes_(bytes) {}

  std::optional<uint32_t> Word() {
    if (bytes_.size() < 4) return std::nullopt;
    uint32_t word = 0;
    for (size_t i = 0; i < 4; ++i) word = (word << 8U) | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(4);
    return word;
  }
  std::optional<std::string_view> Text() {
    const auto size = Word();
    const size_t padded = size ? (size_t{*size} + 3) / 4 * 4 : 0;
    if (!size || padded > bytes_.size()) return std::nullopt;
    const std::string_view text = bytes_.substr(0, *size);
    bytes_.remove_prefix(padded);
    return text;
  }
  [[nodiscard]] bool AtEnd() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

}  // namespace

bool EverybodyMayChange(const FileInfo& info) {
  constexpr uint32_t kOthersWrite = 002;
  constexpr uint32_t kSticky = 01000;
  const bool safe_folder = info.type == FileInfo::Type::kDirectory && (info.mode & kSticky) != 0;
  return (info.mode & kOthersWrite) != 0 && !safe_folder;
}

Result<bool> AclLetsOthersChange(const FsReader& fs, const std::string& path,
                                 const FileInfo& info) {
  constexpr uint32_t kGroupWrites = 020;
  if ((info.mode & kGroupWrites) == 0) return false;
  return fs.HasExtendedAcl(path);
}

bool Nfs4AclOpensToOthers(std::string_view acl) {
  Xdr xdr(acl);
  const auto count = xdr.Word();
  if (!count) return true;
  for (uint32_t i = 0; i < *count; ++i) {
    const auto type = xdr.Word();
    const auto flags = xdr.Word();
    const auto mask = xdr.Word();
    const auto who = xdr.Text();
    if (!type || !flags || !mask || !who) return true;
    if (*type == kAllow && *who != "OWNER@" && (*mask & ~kHarmless) != 0) return true;
  }
  return !xdr.AtEnd();
}

std::string_view FileSystemWithoutModeBits(uint64_t type) {
  // Where the number is signed its upper half may be filled with ones.
  const auto low = static_cast<uint32_t>(type);
  const auto* const found = std::find_if(kWithoutModeBits.begin(), kWithoutModeBits.end(),
                                         [&](const auto& one) { return one.first == low; });
  return found == kWithoutModeBits.end() ? std::string_view() : found->second;
}

}  // namespace salvor::io
