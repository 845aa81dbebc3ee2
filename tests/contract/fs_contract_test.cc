// The file systems that stand behind io::Fs, each under the same contract.
#include <cstdlib>
#include <filesystem>

#include "io/posix_fs.h"
#include "testing/crashing_fs.h"
#include "testing/faulty_fs.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "tests/contract/fs_contract.h"

namespace salvor::contract {
namespace {

class PosixScene : public FsScene {
 public:
  explicit PosixScene(io::PosixFs::Descent descent = io::PosixFs::Descent::kByKernel)
      : fs_(descent) {
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

class PosixByHandScene final : public PosixScene {
 public:
  PosixByHandScene() : PosixScene(io::PosixFs::Descent::kByHand) {}
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

// A fake that nobody asked to misbehave, before the real file system.
template <typename Fake>
class WrappedScene final : public FsScene {
 public:
  io::Fs& TheFs() override { return fake_; }
  std::string Root() override { return play_; }
  void Symlink(const std::string& path, const std::string& target) override {
    real_.Symlink(path, target);
  }

 private:
  static std::unique_ptr<testing::FaultyFs> Wrap(PosixScene& real, testing::FaultyFs*) {
    return std::make_unique<testing::FaultyFs>(real.TheFs());
  }
  static std::unique_ptr<testing::CrashingFs> Wrap(PosixScene& real, testing::CrashingFs*) {
    return std::make_unique<testing::CrashingFs>(real.TheFs(),
                                                 io::JoinPath(real.Root(), "graveyard"));
  }
  std::string MakePlay() {
    std::string play = io::JoinPath(real_.Root(), "play");
    if (!real_.TheFs().MakeDirectory(play, 0755)) std::abort();
    return play;
  }

  PosixScene real_;
  std::unique_ptr<Fake> owned_ = Wrap(real_, static_cast<Fake*>(nullptr));
  io::Fs& fake_ = *owned_;
  std::string play_ = MakePlay();
};

template <typename Scene>
FsSceneFactory Factory() {
  return [] { return std::make_unique<Scene>(); };
}

INSTANTIATE_TEST_SUITE_P(PosixFs, FsContract, ::testing::Values(Factory<PosixScene>()));
INSTANTIATE_TEST_SUITE_P(PosixFsByHand, FsContract, ::testing::Values(Factory<PosixByHandScene>()));
INSTANTIATE_TEST_SUITE_P(MemFs, FsContract, ::testing::Values(Factory<MemScene>()));
INSTANTIATE_TEST_SUITE_P(CrashingFs, FsContract,
                         ::testing::Values(Factory<WrappedScene<testing::CrashingFs>>()));
INSTANTIATE_TEST_SUITE_P(FaultyFs, FsContract,
                         ::testing::Values(Factory<WrappedScene<testing::FaultyFs>>()));

}  // namespace
}  // namespace salvor::contract
