"""The e-mail: a package and a person become finished bytes.

    package = Package(letter=..., source=..., templates=EmailTemplates.read(folder), ..., document=document)
    composer = package.composer()                                        # once per dispatch
    message = composer.compose(contact, message_id=new_message_id(sender.domain), date=now)
    message.envelope                                                     # what a transport takes
    findings = check_templates(templates) + check_message(message)

Promise: bytes are a function of package, mark, person, Message-ID and date; 7-bit ASCII (but for a recipient whose mailbox name is
not ASCII), CRLF, no line over 998 octets, none that begins with a dot; every header exactly once and decodable to the text that
went in. Templates run in a closed and metered world: they cannot reach Python, hang, or fill the memory. Errors name the
template's file and line.

Not here: the paper (`mailer.document`), who gets a message (`mailer.desk`), how it leaves (`mailer.transport`).
"""

from mailer.message.checks import check_message, check_templates
from mailer.message.composer import Composer
from mailer.message.model import EmailTemplates, Message, Sender
from mailer.message.package import Package
from mailer.message.seal import content_sha256, new_message_id, seal_sha256

__all__ = [
    "Composer",
    "EmailTemplates",
    "Message",
    "Package",
    "Sender",
    "check_message",
    "check_templates",
    "content_sha256",
    "new_message_id",
    "seal_sha256",
]
