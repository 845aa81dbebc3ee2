// Real keys for tests, made by ssh-keygen in a folder that goes with the test.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "io/process.h"

namespace salvor::custody {

class Keys {
 public:
  Keys() {
    std::string pattern = ::testing::TempDir() + "salvor-keys-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~Keys() { std::filesystem::remove_all(folder_); }
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  [[nodiscard]] std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // The private key's path.
  std::string Make(const std::string& name, const std::string& type = "ed25519") {
    std::vector<std::string> words{"ssh-keygen", "-q", "-t", type, "-N",
                                   "",           "-C", name, "-f", Path(name)};
    if (type == "rsa") words.insert(words.end(), {"-b", "2048"});
    Run(words);
    return Path(name);
  }
  // The certificate's path.
  std::string Certify(const std::string& ca, const std::string& name, const std::string& principals,
                      const std::string& validity) {
    Run({"ssh-keygen", "-q", "-s", Path(ca), "-I", name, "-n", principals, "-V", validity,
         Path(name) + ".pub"});
    return Path(name) + "-cert.pub";
  }
  // "ssh-ed25519 AAAA..."
  [[nodiscard]] std::string Public(const std::string& name) const {
    std::string type, key;
    std::istringstream(Read(name + ".pub")) >> type >> key;
    return type + " " + key;
  }
  [[nodiscard]] std::string Read(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }
  std::string Run(const std::vector<std::string>& words, const std::string& input = {}) {
    io::Command command;
    command.words = words;
    command.input = input;
    const auto result = processes_.Run(command);
    EXPECT_TRUE(result && result->exit_code == 0)
        << words[0] << ": " << (result ? result->errors : result.error().Message());
    return result ? result->output : "";
  }
  // A signature made by hand, as an attacker would.
  std::string SignAs(const std::string& key, const std::string& name_space,
                     const std::string& message) {
    return Run({"ssh-keygen", "-Y", "sign", "-n", name_space, "-f", Path(key)}, message);
  }

  io::PosixProcesses& Processes() { return processes_; }

 private:
  std::string folder_;
  io::PosixProcesses processes_;
};

}  // namespace salvor::custody
