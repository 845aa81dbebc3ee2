#include "objects/aws/profile.h"

#include <utility>

#include "base/strings.h"

namespace salvor::objects::aws {
namespace {

constexpr int64_t kMaxFileBytes = int64_t{1} << 20U;

// A comment begins a line, or follows a blank.
std::string_view WithoutComment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    const bool begins = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
    if (begins && (line[i] == '#' || line[i] == ';')) return line.substr(0, i);
  }
  return line;
}

// The blanks between "profile" and its name count as one.
std::string Heading(std::string_view text) {
  std::string heading;
  for (const char c : Trim(text)) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && heading.ends_with(' ')) continue;
    if (c != '"' && c != '\'') heading += blank ? ' ' : c;
  }
  return heading;
}

Result<std::map<std::string, Settings>> LoadSections(const io::FsReader& files,
                                                     const std::string& path) {
  if (path.empty()) return std::map<std::string, Settings>();
  SALVOR_TRY(const auto info, files.Stat(path));
  if (!info) return std::map<std::string, Settings>();
  SALVOR_TRY(const std::string text, files.ReadFile(path, kMaxFileBytes));
  return ParseSections(text, path);
}

}  // namespace

Result<std::map<std::string, Settings>> ParseSections(std::string_view text,
                                                      const std::string& where) {
  std::map<std::string, Settings> sections;
  Settings* section = nullptr;
  std::string above;  // the setting that indented lines belong to
  for (int64_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view raw = WithoutComment(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = Trim(raw);
    if (line.empty()) continue;
    const auto fail = [&](std::string what) {
      return Fail(Code::kInvalidArgument, std::move(what), where + ":" + std::to_string(number));
    };
    if (line.front() == '[') {
      if (line.back() != ']') return fail("a section's heading does not end");
      section = &sections[Heading(line.substr(1, line.size() - 2))];
      above.clear();
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return fail("neither a section nor NAME = VALUE");
    if (section == nullptr) return fail("a setting before the first section");
    std::string name = LowerCase(Trim(line.substr(0, equals)));
    const std::string value(Trim(line.substr(equals + 1)));
    const bool indented = raw.front() == ' ' || raw.front() == '\t';
    if (indented && !above.empty()) {
      name = above + "." + name;
    } else {
      above = value.empty() ? name : "";
    }
    (*section)[name] = value;
  }
  return sections;
}

Result<Profiles> Profiles::Load(const io::FsReader& files, const io::Environment& environment) {
  const std::string home = environment.ValueOf("HOME");
  const auto path = [&](const char* variable, const char* usual) {
    std::string named = environment.ValueOf(variable);
    if (named.starts_with("~/") && !home.empty()) named = io::JoinPath(home, named.substr(2));
    if (named.empty() && !home.empty()) named = io::JoinPath(io::JoinPath(home, ".aws"), usual);
    return named;
  };
  const std::string config = path("AWS_CONFIG_FILE", "config");
  const std::string credentials = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  Profiles profiles;
  profiles.where_ = credentials + " and " + config;
  SALVOR_TRY(profiles.config_, LoadSections(files, config));
  SALVOR_TRY(profiles.credentials_, LoadSections(files, credentials));
  return profiles;
}

std::optional<Settings> Profiles::Find(const std::string& profile) const {
  std::optional<Settings> found;
  const auto take = [&](const std::map<std::string, Settings>& sections, const std::string& name) {
    const auto section = sections.find(name);
    if (section == sections.end()) return;
    if (!found) found.emplace();
    found->insert(section->second.begin(), section->second.end());
  };
  take(credentials_, profile);
  take(config_, "profile " + profile);
  if (profile == "default") take(config_, profile);
  return found;
}

std::string Profiles::Service(const Settings& profile, const std::string& setting) const {
  const auto section = config_.find("services " + ValueOf(profile, "services"));
  return section == config_.end() ? std::string() : ValueOf(section->second, setting);
}

std::string ValueOf(const Settings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

}  // namespace salvor::objects::aws
