// The file systems that stand behind io::Fs, each under the same contract.
#include <cstdlib>
#include <filesystem>

#include "io/posix_fs.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "tests/contract/fs_contract.h"

namespace salvor::contract {
namespace {

class PosixScene final : public FsScene {
 public:
  PosixScene() {
    std::string pattern = ::testing::TempDir() + "salvor-fs-contract-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = std::filesystem::canonical(pattern);
  }
  ~PosixScene() override { std::filesystem::remove_all(root_); }
  io::Fs& TheFs() override { return fs_; }
  std::string Root() override { return root_; }
  void Symlink(const std::string& path, const std::string& target) override {
    std::filesystem::create_symlink(target, path);
  }

 private:
  io::PosixFs fs_;
  std::string root_;
};

class MemScene final : public FsScene {
 public:
  MemScene() { fs_.PutFolder("/play"); }
  io::Fs& TheFs() override { return fs_; }
  std::string Root() override { return "/play"; }
  void Symlink(const std::string& path, const std::string& target) override {
    fs_.PutSymlink(path, target);
  }

 private:
  testing::ScriptedClock clock_;
  testing::MemFs fs_{clock_};
};

template <typename Scene>
FsSceneFactory Factory() {
  return [] { return std::make_unique<Scene>(); };
}

INSTANTIATE_TEST_SUITE_P(PosixFs, FsContract, ::testing::Values(Factory<PosixScene>()));
INSTANTIATE_TEST_SUITE_P(MemFs, FsContract, ::testing::Values(Factory<MemScene>()));

}  // namespace
}  // namespace salvor::contract
