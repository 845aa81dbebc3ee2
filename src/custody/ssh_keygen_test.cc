#include "custody/ssh_keygen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "custody/keys_test.h"

namespace salvor::custody {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SshKeygenTest : public ::testing::Test {
 protected:
  SshKeygenTest() : keygen_(keys_.Processes(), kSshKeygen) {}

  std::string Sign(const std::string& path) {
    auto signature = keygen_.Sign(path, kMessage, false);
    EXPECT_TRUE(signature) << signature.error().Message();
    return signature ? *signature : "";
  }
  Result<Signer> Verify(const std::string& signature, const std::string& who,
                        const std::string& allowed, const std::string& message = kMessage) {
    return keygen_.Verify(message, signature, who, at_, {allowed, revoked_});
  }
  std::string Refusal(const std::string& signature, const std::string& who,
                      const std::string& allowed, const std::string& message = kMessage) {
    const auto signer = Verify(signature, who, allowed, message);
    if (signer) return "accepted";
    EXPECT_EQ(signer.error().code, Code::kRefused) << signer.error().Message();
    return signer.error().what;
  }

  static constexpr const char* kMessage = "{\"decision\":\"approve\"}\n";
  Keys keys_;
  SshKeygen keygen_;
  Instant at_ = *ParseInstant("2026-11-22T19:00:00Z");
  std::optional<std::string> revoked_;
};

TEST_F(SshKeygenTest, EveryCommonKindOfKeySignsAndIsTold) {
  for (const char* type : {"ed25519", "ecdsa", "rsa"}) {
    const std::string key = keys_.Make(type, type);
    const std::string allowed = std::string("bob@x ") + keys_.Public(type) + "\n";
    const auto signer = Verify(Sign(key), "bob@x", allowed);
    ASSERT_TRUE(signer) << type << ": " << signer.error().Message();
    EXPECT_THAT(signer->key, HasSubstr("SHA256:"));
    EXPECT_THAT(signer->principals, ElementsAre("bob@x"));
    EXPECT_THAT(keys_.Run({"ssh-keygen", "-lf", key + ".pub"}), HasSubstr(signer->key));
  }
}

TEST_F(SshKeygenTest, ProgramThatPathNamesIsNotAsked) {
  const std::string signature = Sign(keys_.Make("bob"));
  const std::string fake = keys_.Path("ssh-keygen");
  keys_.Write(
      "ssh-keygen",
      "#!/bin/sh\necho 'Good \"salvor-plan\" signature for bob@x with ED25519 key SHA256:x'\n"
      "echo bob@x\n");
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  const char* const path = ::getenv("PATH");
  const std::string before = path == nullptr ? "" : path;
  ASSERT_EQ(
      ::setenv("PATH", (std::filesystem::path(fake).parent_path().string() + ":" + before).c_str(),
               1),
      0);
  const std::string allowed = "bob@x " + keys_.Public("bob");
  EXPECT_THAT(Refusal(signature, "bob@x", allowed, "other bytes\n"), HasSubstr("does not count"));
  ASSERT_EQ(::setenv("PATH", before.c_str(), 1), 0);
  SshKeygen other(keys_.Processes(), fake);
  EXPECT_EQ(other.Verify("other bytes\n", signature, "bob@x", at_, {allowed, {}}).value().key,
            "SHA256:x")
      << "the one that salvor.yaml names is";
  SshKeygen absent(keys_.Processes(), keys_.Path("absent"));
  const auto gone = absent.Verify(kMessage, signature, "bob@x", at_, {allowed, {}});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::kNotFound);
  EXPECT_THAT(gone.error().next, HasSubstr("ssh_keygen"));
}

TEST_F(SshKeygenTest, OtherBytesDoNotCount) {
  const std::string signature = Sign(keys_.Make("bob"));
  const std::string allowed = "bob@x " + keys_.Public("bob");
  EXPECT_THAT(Refusal(signature, "bob@x", allowed, "{\"decision\":\"reject\"}\n"),
              HasSubstr("does not count"));
  EXPECT_THAT(Refusal("", "bob@x", allowed), HasSubstr("does not count"));
  EXPECT_THAT(Refusal("-----BEGIN SSH SIGNATURE-----\nAAAA\n", "bob@x", allowed),
              HasSubstr("does not count"));
  EXPECT_THAT(Refusal(signature.substr(0, signature.size() / 2), "bob@x", allowed),
              HasSubstr("does not count"));
}

TEST_F(SshKeygenTest, SignatureForAnotherPurposeDoesNotCount) {
  keys_.Make("bob");
  const std::string allowed = "bob@x " + keys_.Public("bob");
  for (const char* other : {"git", "file", "salvor-plan2"}) {
    EXPECT_NE(Refusal(keys_.SignAs("bob", other, kMessage), "bob@x", allowed), "accepted") << other;
  }
  EXPECT_TRUE(Verify(keys_.SignAs("bob", kNamespace, kMessage), "bob@x", allowed));
  const std::string only_git = "bob@x namespaces=\"git\" " + keys_.Public("bob");
  EXPECT_NE(Refusal(Sign(keys_.Path("bob")), "bob@x", only_git), "accepted");
}

TEST_F(SshKeygenTest, StrangersAndOthersNamesDoNotCount) {
  const std::string signature = Sign(keys_.Make("mallory"));
  keys_.Make("bob");
  const std::string allowed =
      "bob@x " + keys_.Public("bob") + "\nmallory@x " + keys_.Public("mallory") + "\n";
  EXPECT_NE(Refusal(signature, "bob@x", allowed), "accepted");
  EXPECT_NE(Refusal(signature, "eve@x", allowed), "accepted");
  EXPECT_NE(Refusal(signature, "mallory@x", ""), "accepted");
  EXPECT_TRUE(Verify(signature, "mallory@x", allowed));
}

TEST_F(SshKeygenTest, KeyCountsOnlyWhileAllowedSignersSaysSo) {
  const std::string signature = Sign(keys_.Make("bob"));
  const std::string key = keys_.Public("bob");
  EXPECT_NE(Refusal(signature, "bob@x", "bob@x valid-before=\"20261122185959\" " + key),
            "accepted");
  EXPECT_NE(Refusal(signature, "bob@x", "bob@x valid-after=\"20261122190001\" " + key), "accepted");
  EXPECT_TRUE(
      Verify(signature, "bob@x",
             "bob@x valid-after=\"20261122185959\",valid-before=\"20261122190001\" " + key));
}

TEST_F(SshKeygenTest, RevokedKeyDoesNotCountAndThatIsSaid) {
  const std::string signature = Sign(keys_.Make("bob"));
  keys_.Make("other");
  const std::string allowed = "bob@x " + keys_.Public("bob");
  revoked_ = keys_.Public("other") + "\n";
  EXPECT_TRUE(Verify(signature, "bob@x", allowed));
  revoked_ = keys_.Public("other") + "\n" + keys_.Public("bob") + "\n";
  EXPECT_THAT(Refusal(signature, "bob@x", allowed), HasSubstr("revoked"));
  keys_.Run({"ssh-keygen", "-q", "-k", "-f", keys_.Path("krl"), keys_.Path("bob.pub")});
  revoked_ = keys_.Read("krl");
  EXPECT_THAT(Refusal(signature, "bob@x", allowed), HasSubstr("revoked"));
}

TEST_F(SshKeygenTest, CertificateCountsForItsPrincipalsWhileItIsValid) {
  keys_.Make("ca");
  keys_.Make("bob");
  const std::string cert =
      keys_.Certify("ca", "bob", "bob@x,robert@x", "20261101000000:20261201000000");
  const std::string signature = Sign(cert);
  const std::string allowed =
      "*@x cert-authority,namespaces=\"salvor-plan\" " + keys_.Public("ca") + "\n";
  const auto signer = Verify(signature, "bob@x", allowed);
  ASSERT_TRUE(signer) << signer.error().Message();
  EXPECT_THAT(signer->principals, ElementsAre("bob@x", "robert@x"));
  EXPECT_NE(Refusal(signature, "eve@x", allowed), "accepted");
  EXPECT_NE(Refusal(signature, "bob@x", "*@x " + keys_.Public("ca")), "accepted");
  at_ = *ParseInstant("2026-12-02");
  EXPECT_NE(Refusal(signature, "bob@x", allowed), "accepted");
}

TEST_F(SshKeygenTest, KeyThatIsKnownOnlyByAPatternCannotSignAsAnybody) {
  const std::string signature = Sign(keys_.Make("bob"));
  const std::string key = keys_.Public("bob");
  EXPECT_THAT(Refusal(signature, "bob@x", "*@x " + key), HasSubstr("pattern"));
  EXPECT_TRUE(Verify(signature, "bob@x", "*@x " + key + "\nbob@x " + key));
}

TEST_F(SshKeygenTest, EverybodyWhomAKeyMaySpeakForIsTold) {
  const std::string signature = Sign(keys_.Make("bob"));
  const std::string key = keys_.Public("bob");
  const auto signer =
      Verify(signature, "robert@x", "bob@x,bobby@x " + key + "\n# " + key + "\nrobert@x " + key);
  ASSERT_TRUE(signer) << signer.error().Message();
  EXPECT_THAT(signer->principals, ElementsAre("bob@x", "bobby@x", "robert@x"));
}

TEST_F(SshKeygenTest, StaleSignatureFileIsNotTakenForANewOne) {
  const std::string key = keys_.Make("bob");
  for (const char* place : {"bob.sig", "bob.pub.sig"}) keys_.Write(place, "stale");
  const std::string signature = Sign(key);
  EXPECT_TRUE(Verify(signature, "bob@x", "bob@x " + keys_.Public("bob")));
  EXPECT_EQ(keys_.Read("bob.sig"), "stale");
}

TEST_F(SshKeygenTest, AgentSignsForAPublicKey) {
  keys_.Make("bob");
  const std::string socket = keys_.Path("agent");
  const std::string started = keys_.Run({"ssh-agent", "-s", "-a", socket});
  const std::string pid = started.substr(started.find("SSH_AGENT_PID=") + 14);
  setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
  setenv("SSH_AGENT_PID", pid.substr(0, pid.find(';')).c_str(), 1);
  keys_.Run({"ssh-add", "-q", keys_.Path("bob")});
  std::filesystem::remove(keys_.Path("bob"));
  const auto signature = keygen_.Sign(keys_.Path("bob.pub"), kMessage, false);
  keys_.Run({"ssh-agent", "-k"});
  unsetenv("SSH_AUTH_SOCK");
  ASSERT_TRUE(signature) << signature.error().Message();
  EXPECT_TRUE(Verify(*signature, "bob@x", "bob@x " + keys_.Public("bob")));
}

TEST_F(SshKeygenTest, KeyThatIsNotThereOrLockedIsNoSignature) {
  const auto absent = keygen_.Sign(keys_.Path("nobody"), kMessage, false);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::kPermission);
  keys_.Run(
      {"ssh-keygen", "-q", "-t", "ed25519", "-N", "secret phrase", "-f", keys_.Path("locked")});
  const auto locked = keygen_.Sign(keys_.Path("locked"), kMessage, false);
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, Code::kPermission);
}

TEST_F(SshKeygenTest, TimeZoneOfTheMachineDoesNotMatter) {
  const std::string signature = Sign(keys_.Make("bob"));
  const std::string allowed = "bob@x valid-before=\"20261122190100\" " + keys_.Public("bob");
  for (const char* zone : {"America/Los_Angeles", "Pacific/Auckland"}) {
    setenv("TZ", zone, 1);
    at_ = *ParseInstant("2026-11-22T19:00:59Z");
    EXPECT_TRUE(Verify(signature, "bob@x", allowed)) << zone;
    at_ = *ParseInstant("2026-11-22T19:01:01Z");
    EXPECT_FALSE(Verify(signature, "bob@x", allowed)) << zone;
  }
  unsetenv("TZ");
}

TEST(NameProblem, PatternsListsAndControlsAreNoNames) {
  EXPECT_EQ(NameProblem("bob@example.com"), "");
  EXPECT_EQ(NameProblem("b\xc3\xb6"
                        "b"),
            "");
  for (const char* bad :
       {"", "*", "*@x", "bob?", "!bob", "a,b", "a b", "a\nb", "-f", "\"a\"", "a\x7f"}) {
    EXPECT_NE(NameProblem(bad), "") << bad;
  }
  EXPECT_NE(NameProblem(std::string(1000, 'a')), "");
}

}  // namespace
}  // namespace salvor::custody
