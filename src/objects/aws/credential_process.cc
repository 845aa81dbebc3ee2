#include "objects/aws/credential_process.h"

#include <openssl/crypto.h>

#include <utility>

namespace salvor::objects::aws {
namespace {

constexpr int64_t kMaxBytes = int64_t{256} << 10U;
constexpr Millis kTimeout{60'000};  // single sign-on may have to ask the network

class ProgramKeys final : public KeySource {
 public:
  ProgramKeys(const Outside& outside, std::vector<std::string> words, std::string where)
      : outside_(outside), words_(std::move(words)), where_(std::move(where)) {}

  Result<Keys> Fetch() override {
    io::Command command;
    command.words = words_;
    command.timeout = kTimeout;
    command.max_output_bytes = kMaxBytes;
    const std::string place = words_.front() + ", named by " + where_;
    auto result = outside_.processes.Run(command);
    if (!result) return Fail(std::move(result).error().Next("It is named by " + where_));
    if (result->exit_code != 0) {
      return Fail(Code::kPermission,
                  "the program ended with exit code " + std::to_string(result->exit_code), place,
                  "Run it by hand to see why");
    }
    auto keys = KeysFromJson(result->output, place);
    OPENSSL_cleanse(result->output.data(), result->output.size());
    return keys;
  }

 private:
  const Outside outside_;
  const std::vector<std::string> words_;
  const std::string where_;
};

}  // namespace

Result<std::vector<std::string>> SplitWords(std::string_view line, const std::string& where) {
  std::vector<std::string> words;
  bool inside = false;  // a word, which may be ''
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else {
      words.back() += c;
    }
  }
  if (quote != '\0')
    return Fail(Code::kInvalidArgument, "a quote in credential_process does not end", where);
  if (words.empty()) return Fail(Code::kInvalidArgument, "credential_process is empty", where);
  return words;
}

std::unique_ptr<KeySource> MakeProgramKeys(const Outside& outside, std::vector<std::string> words,
                                           std::string where) {
  return std::make_unique<ProgramKeys>(outside, std::move(words), std::move(where));
}

}  // namespace salvor::objects::aws
