#pragma once

namespace kist::repository {

// README.txt of a volume: what the disk is, and how to get everything back without Kist.
inline constexpr const char* kReadmeText = R"(This disk holds backups made by Kist.

latest/files/HOST/...   the newest backup of every source, as ordinary files under their full paths
latest/mail/ACCOUNT/    the newest backup of every mailbox, as a Maildir: `mutt -R -f DIR` reads it
.kist/                  older versions and the catalog; please change nothing in it

To get everything back with Kist, on a system that was installed anew, as root:

    kist rescue                           (asks for all it needs; for a container file: kist --volume FILE rescue)

Without Kist, on any Linux, as root:

    cryptsetup open /dev/sdX1 backup      (or the container file instead of /dev/sdX1)
    mkdir -p /mnt/backup
    mount -o ro,nosuid,nodev,noexec /dev/mapper/backup /mnt/backup
    cp -a /mnt/backup/latest/files/HOST/home/user/. /home/user/
    chown -R USER:GROUP /home/user        (if users have other numbers now)
    umount /mnt/backup
    cryptsetup close backup

If there is a file RUN-KIST-FIRST.txt beside this one, a backup was interrupted while its last steps were being made.
Everything is still there, but some files in latest/ may be under old names: `kist open` finishes it.

With Kist, any version of any file, too:

    kist open /dev/sdX1
    kist list
    kist restore latest:/home/user --to somewhere
)";

inline constexpr const char* kPendingEnd = "\nBefore it the packs ended in pack {}, at {}.\n";
inline constexpr const char* kPendingText =
    R"(A Kist run has been committed, but its last steps in latest/ are not finished.
Run `kist open` (or any kist command on this volume): it finishes them by itself. Nothing is lost.
)";

}  // namespace kist::repository
