// What a file system must do to be used as io::Fs: each implementation and each fake passes this.
//
// To add one: derive from FsScene, and INSTANTIATE_TEST_SUITE_P(Name, FsContract, Values(factory)).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "io/fs.h"

namespace salvor::contract {

// A file system with an empty folder to play in, and what io::Fs itself has no method for.
class FsScene {
 public:
  virtual ~FsScene() = default;
  virtual io::Fs& TheFs() = 0;
  // The folder, without symbolic links in its path.
  virtual std::string Root() = 0;
  virtual void Symlink(const std::string& path, const std::string& target) = 0;
};

using FsSceneFactory = std::function<std::unique_ptr<FsScene>()>;

class FsContract : public ::testing::TestWithParam<FsSceneFactory> {
 protected:
  FsContract() : scene_(GetParam()()), fs_(scene_->TheFs()), root_(scene_->Root()) {}

  [[nodiscard]] std::string Path(const std::string& name) const {
    return io::JoinPath(root_, name);
  }
  std::string Read(const std::string& name) {
    auto bytes = fs_.ReadFile(Path(name), 1 << 30);
    return bytes ? *bytes : "error: " + bytes.error().Message();
  }
  void Create(const std::string& name, std::string_view bytes, uint32_t mode = 0644) {
    ASSERT_TRUE(fs_.CreateNew(Path(name), bytes, mode).value());
  }
  io::FileInfo Info(const std::string& name) { return fs_.Lstat(Path(name)).value().value(); }

  std::unique_ptr<FsScene> scene_;
  io::Fs& fs_;
  std::string root_;
};

}  // namespace salvor::contract
