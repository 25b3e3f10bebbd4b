export const bodies = {
  "POST /api/v1/api-keys": {
    "additionalProperties": false,
    "description": "A key to make.",
    "properties": {
      "expires_at": {
        "anyOf": [
          {
            "format": "date-time",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Expires At"
      },
      "name": {
        "maxLength": 64,
        "minLength": 1,
        "title": "Name",
        "type": "string"
      },
      "scopes": {
        "items": {
          "description": "One thing somebody may be allowed to do; also the scope of an API key.",
          "enum": [
            "rooms:read",
            "rooms:write",
            "rooms:create",
            "rooms:moderate",
            "users:read",
            "users:manage",
            "keys:manage",
            "audit:read",
            "system:read",
            "system:manage",
            "telegram:read",
            "telegram:send",
            "telegram:manage"
          ],
          "title": "Permission",
          "type": "string"
        },
        "minItems": 1,
        "title": "Scopes",
        "type": "array",
        "uniqueItems": true
      }
    },
    "required": [
      "name",
      "scopes"
    ],
    "title": "KeyIn",
    "type": "object"
  },
  "POST /api/v1/auth/guest": {
    "additionalProperties": false,
    "description": "What a guest wants to be called: any name, which others may have too.",
    "properties": {
      "name": {
        "maxLength": 64,
        "minLength": 1,
        "title": "Name",
        "type": "string"
      }
    },
    "required": [
      "name"
    ],
    "title": "GuestIn",
    "type": "object"
  },
  "POST /api/v1/auth/login": {
    "additionalProperties": false,
    "description": "Who signs in, and whether the refresh token comes in the body or in an HttpOnly cookie.",
    "properties": {
      "new_password": {
        "anyOf": [
          {
            "format": "password",
            "maxLength": 128,
            "minLength": 10,
            "type": "string",
            "writeOnly": true,
            "x-not": [
              "username",
              "common"
            ]
          },
          {
            "type": "null"
          }
        ],
        "description": "In the place of a temporary password",
        "title": "New Password"
      },
      "password": {
        "format": "password",
        "maxLength": 512,
        "title": "Password",
        "type": "string",
        "writeOnly": true
      },
      "session": {
        "default": "token",
        "enum": [
          "token",
          "cookie"
        ],
        "title": "Session",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 64,
        "title": "Username",
        "type": "string"
      }
    },
    "required": [
      "username",
      "password"
    ],
    "title": "LoginIn",
    "type": "object"
  },
  "POST /api/v1/auth/logout": {
    "anyOf": [
      {
        "additionalProperties": false,
        "description": "The refresh token; the cookie's when it is missing.",
        "properties": {
          "refresh_token": {
            "anyOf": [
              {
                "maxLength": 500,
                "type": "string"
              },
              {
                "type": "null"
              }
            ],
            "title": "Refresh Token"
          }
        },
        "title": "RefreshIn",
        "type": "object"
      },
      {
        "type": "null"
      }
    ],
    "title": "Body"
  },
  "PATCH /api/v1/auth/me": {
    "additionalProperties": false,
    "description": "What users change about themselves.",
    "properties": {
      "locale": {
        "anyOf": [
          {
            "enum": [
              "tr",
              "en"
            ],
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Locale"
      },
      "name": {
        "anyOf": [
          {
            "maxLength": 64,
            "minLength": 1,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Name"
      }
    },
    "title": "MeIn",
    "type": "object"
  },
  "POST /api/v1/auth/owner": {
    "additionalProperties": false,
    "description": "The first owner, and the one-time key.",
    "properties": {
      "name": {
        "default": "",
        "maxLength": 64,
        "title": "Name",
        "type": "string"
      },
      "password": {
        "format": "password",
        "maxLength": 128,
        "minLength": 10,
        "title": "Password",
        "type": "string",
        "writeOnly": true,
        "x-not": [
          "username",
          "common"
        ]
      },
      "session": {
        "default": "token",
        "enum": [
          "token",
          "cookie"
        ],
        "title": "Session",
        "type": "string"
      },
      "token": {
        "maxLength": 200,
        "title": "Token",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 32,
        "minLength": 3,
        "pattern": "^[a-z0-9][a-z0-9_.-]{2,31}$",
        "title": "Username",
        "type": "string",
        "x-reserved": [
          "api",
          "everyone",
          "herkes",
          "konsoi",
          "meydan",
          "sistem",
          "system"
        ],
        "x-reserved-prefix": "misafir-"
      }
    },
    "required": [
      "username",
      "password",
      "token"
    ],
    "title": "OwnerIn",
    "type": "object"
  },
  "POST /api/v1/auth/owner/check": {
    "additionalProperties": false,
    "description": "The one-time key, in a body: addresses are logged on the way.",
    "properties": {
      "token": {
        "maxLength": 200,
        "title": "Token",
        "type": "string"
      }
    },
    "required": [
      "token"
    ],
    "title": "OwnerLinkIn",
    "type": "object"
  },
  "POST /api/v1/auth/password": {
    "additionalProperties": false,
    "description": "The password now and from now on.",
    "properties": {
      "current": {
        "format": "password",
        "maxLength": 512,
        "title": "Current",
        "type": "string",
        "writeOnly": true
      },
      "new": {
        "format": "password",
        "maxLength": 128,
        "minLength": 10,
        "title": "New",
        "type": "string",
        "writeOnly": true,
        "x-not": [
          "username",
          "common"
        ]
      },
      "revoke_keys": {
        "default": false,
        "description": "Delete my API keys as well",
        "title": "Revoke Keys",
        "type": "boolean"
      }
    },
    "required": [
      "current",
      "new"
    ],
    "title": "PasswordIn",
    "type": "object"
  },
  "POST /api/v1/auth/refresh": {
    "anyOf": [
      {
        "additionalProperties": false,
        "description": "The refresh token; the cookie's when it is missing.",
        "properties": {
          "refresh_token": {
            "anyOf": [
              {
                "maxLength": 500,
                "type": "string"
              },
              {
                "type": "null"
              }
            ],
            "title": "Refresh Token"
          }
        },
        "title": "RefreshIn",
        "type": "object"
      },
      {
        "type": "null"
      }
    ],
    "title": "Body"
  },
  "POST /api/v1/auth/register": {
    "additionalProperties": false,
    "description": "A new account; `invitation` is the code of a link into a room, which its maker enters too.",
    "properties": {
      "invitation": {
        "anyOf": [
          {
            "maxLength": 128,
            "minLength": 1,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Invitation"
      },
      "name": {
        "default": "",
        "maxLength": 64,
        "title": "Name",
        "type": "string"
      },
      "password": {
        "format": "password",
        "maxLength": 128,
        "minLength": 10,
        "title": "Password",
        "type": "string",
        "writeOnly": true,
        "x-not": [
          "username",
          "common"
        ]
      },
      "session": {
        "default": "token",
        "enum": [
          "token",
          "cookie"
        ],
        "title": "Session",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 32,
        "minLength": 3,
        "pattern": "^[a-z0-9][a-z0-9_.-]{2,31}$",
        "title": "Username",
        "type": "string",
        "x-reserved": [
          "admin",
          "administrator",
          "api",
          "bot",
          "consoie",
          "destek",
          "duyuru",
          "everyone",
          "guveniik",
          "herkes",
          "konsoi",
          "meydan",
          "mod",
          "moderasyon",
          "moderator",
          "officiai",
          "owner",
          "resmi",
          "root",
          "sahip",
          "security",
          "sistem",
          "support",
          "system",
          "yardim",
          "yonetici",
          "yonetim"
        ],
        "x-reserved-prefix": "misafir-"
      }
    },
    "required": [
      "username",
      "password"
    ],
    "title": "RegisterIn",
    "type": "object"
  },
  "POST /api/v1/bildirimler/okundu": {
    "description": "Which notifications were read; none named means all.",
    "properties": {
      "idler": {
        "anyOf": [
          {
            "items": {
              "pattern": "^[A-Za-z0-9._-]{1,64}$",
              "type": "string"
            },
            "maxItems": 500,
            "type": "array"
          },
          {
            "type": "null"
          }
        ],
        "title": "Idler"
      }
    },
    "title": "ReadIn",
    "type": "object"
  },
  "POST /api/v1/mesaj/gonder": {
    "description": "Something to say; the same `istemci_id` again is the same message.",
    "properties": {
      "icerik": {
        "maxLength": 16000,
        "title": "Icerik",
        "type": "string"
      },
      "istemci_id": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Istemci Id"
      },
      "oda_id": {
        "pattern": "^[A-Za-z0-9._-]{1,64}$",
        "title": "Oda Id",
        "type": "string"
      },
      "yanit": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Yanit"
      }
    },
    "required": [
      "oda_id",
      "icerik"
    ],
    "title": "SendIn",
    "type": "object"
  },
  "PATCH /api/v1/settings/{section}": {
    "additionalProperties": true,
    "title": "Changes",
    "type": "object"
  },
  "POST /api/v1/sohbet/davet-bak": {
    "description": "An invitation's code.",
    "properties": {
      "kod": {
        "maxLength": 128,
        "minLength": 1,
        "title": "Kod",
        "type": "string"
      }
    },
    "required": [
      "kod"
    ],
    "title": "AcceptIn",
    "type": "object"
  },
  "POST /api/v1/sohbet/davet-kabul": {
    "description": "An invitation's code.",
    "properties": {
      "kod": {
        "maxLength": 128,
        "minLength": 1,
        "title": "Kod",
        "type": "string"
      }
    },
    "required": [
      "kod"
    ],
    "title": "AcceptIn",
    "type": "object"
  },
  "POST /api/v1/sohbet/oda-olustur": {
    "description": "A room to open; without `oda_id` one is made from the title.",
    "properties": {
      "baslik": {
        "anyOf": [
          {
            "maxLength": 200,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Baslik"
      },
      "konu": {
        "default": "",
        "maxLength": 1000,
        "title": "Konu",
        "type": "string"
      },
      "oda_id": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Oda Id"
      },
      "tur": {
        "description": "Who may see a room: everyone, or its members.",
        "enum": [
          "genel",
          "ozel"
        ],
        "title": "RoomKind"
      }
    },
    "title": "RoomIn",
    "type": "object"
  },
  "PATCH /api/v1/sohbet/odalar/{oda_id}": {
    "description": "What to change of a room.",
    "properties": {
      "baslik": {
        "anyOf": [
          {
            "maxLength": 200,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Baslik"
      },
      "konu": {
        "anyOf": [
          {
            "maxLength": 1000,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Konu"
      }
    },
    "title": "RoomChange",
    "type": "object"
  },
  "POST /api/v1/sohbet/odalar/{oda_id}/davetler": {
    "description": "A way into a room: for one user, or a code for whoever holds it.",
    "properties": {
      "azami_kullanim": {
        "default": 25,
        "maximum": 10000,
        "minimum": 1,
        "title": "Azami Kullanim",
        "type": "integer"
      },
      "gecerlilik_saat": {
        "anyOf": [
          {
            "maximum": 8760,
            "minimum": 1,
            "type": "integer"
          },
          {
            "type": "null"
          }
        ],
        "title": "Gecerlilik Saat"
      },
      "kullanici_id": {
        "anyOf": [
          {
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Kullanici Id"
      }
    },
    "title": "InvitationIn",
    "type": "object"
  },
  "PUT /api/v1/sohbet/odalar/{oda_id}/uyeler/{kullanici_id}": {
    "description": "A standing in a room.",
    "properties": {
      "rol": {
        "description": "A member's standing in one room.",
        "enum": [
          "moderator",
          "sahip",
          "uye"
        ],
        "title": "RoomRole"
      }
    },
    "required": [
      "rol"
    ],
    "title": "RoleIn",
    "type": "object"
  },
  "POST /api/v1/telegram/bots": {
    "additionalProperties": false,
    "description": "A token that BotFather gave out; it is checked, encrypted, and never shown again.",
    "properties": {
      "mode": {
        "description": "How a bot's updates come in.",
        "enum": [
          "polling",
          "webhook"
        ],
        "title": "BotMode",
        "type": "string"
      },
      "token": {
        "format": "password",
        "maxLength": 200,
        "title": "Token",
        "type": "string",
        "writeOnly": true
      }
    },
    "required": [
      "token"
    ],
    "title": "BotIn",
    "type": "object"
  },
  "PATCH /api/v1/telegram/bots/{bot_id}": {
    "additionalProperties": false,
    "description": "What is to change; what is left out stays.",
    "properties": {
      "enabled": {
        "anyOf": [
          {
            "type": "boolean"
          },
          {
            "type": "null"
          }
        ],
        "title": "Enabled"
      },
      "mode": {
        "anyOf": [
          {
            "description": "How a bot's updates come in.",
            "enum": [
              "polling",
              "webhook"
            ],
            "title": "BotMode",
            "type": "string"
          },
          {
            "type": "null"
          }
        ]
      },
      "token": {
        "anyOf": [
          {
            "format": "password",
            "maxLength": 200,
            "type": "string",
            "writeOnly": true
          },
          {
            "type": "null"
          }
        ],
        "title": "Token"
      }
    },
    "title": "BotPatch",
    "type": "object"
  },
  "PATCH /api/v1/telegram/chats/{chat_id}": {
    "additionalProperties": false,
    "description": "`shared`: one budget for the group over all bots, as a simulation in it needs.",
    "properties": {
      "shared": {
        "title": "Shared",
        "type": "boolean"
      }
    },
    "required": [
      "shared"
    ],
    "title": "ChatPatch",
    "type": "object"
  },
  "POST /api/v1/telegram/outbox": {
    "additionalProperties": false,
    "description": "Something to say. With several bots the one that may speak first is taken.",
    "properties": {
      "attachment": {
        "anyOf": [
          {
            "description": "What kind of file a message carries.",
            "enum": [
              "photo",
              "voice",
              "document"
            ],
            "title": "Attachment",
            "type": "string"
          },
          {
            "type": "null"
          }
        ]
      },
      "bot_ids": {
        "items": {
          "pattern": "^[0-9a-f]{32}$",
          "type": "string"
        },
        "maxItems": 50,
        "minItems": 1,
        "title": "Bot Ids",
        "type": "array"
      },
      "chat_id": {
        "maximum": 9007199254740992,
        "minimum": -9007199254740992,
        "title": "Chat Id",
        "type": "integer"
      },
      "deadline": {
        "anyOf": [
          {
            "format": "date-time",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Deadline"
      },
      "file": {
        "anyOf": [
          {
            "maxLength": 2000,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "File"
      },
      "media": {
        "anyOf": [
          {
            "pattern": "^[0-9a-f]{32}$",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Media"
      },
      "not_before": {
        "anyOf": [
          {
            "format": "date-time",
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Not Before"
      },
      "parse_mode": {
        "anyOf": [
          {
            "enum": [
              "HTML",
              "MarkdownV2"
            ],
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Parse Mode"
      },
      "previews": {
        "default": true,
        "title": "Previews",
        "type": "boolean"
      },
      "priority": {
        "default": "normal",
        "enum": [
          "low",
          "normal",
          "high"
        ],
        "title": "Priority",
        "type": "string"
      },
      "reply_to": {
        "anyOf": [
          {
            "maximum": 9007199254740992,
            "minimum": 1,
            "type": "integer"
          },
          {
            "type": "null"
          }
        ],
        "title": "Reply To"
      },
      "request_key": {
        "anyOf": [
          {
            "maxLength": 100,
            "minLength": 1,
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Request Key"
      },
      "silent": {
        "default": false,
        "title": "Silent",
        "type": "boolean"
      },
      "split": {
        "default": true,
        "title": "Split",
        "type": "boolean"
      },
      "text": {
        "default": "",
        "maxLength": 40000,
        "title": "Text",
        "type": "string"
      },
      "thread_id": {
        "anyOf": [
          {
            "maximum": 9007199254740992,
            "minimum": 1,
            "type": "integer"
          },
          {
            "type": "null"
          }
        ],
        "title": "Thread Id"
      }
    },
    "required": [
      "bot_ids",
      "chat_id"
    ],
    "title": "SendIn",
    "type": "object"
  },
  "PATCH /api/v1/telegram/outbox/{send_id}": {
    "additionalProperties": false,
    "description": "Another text for a message.",
    "properties": {
      "parse_mode": {
        "anyOf": [
          {
            "enum": [
              "HTML",
              "MarkdownV2"
            ],
            "type": "string"
          },
          {
            "type": "null"
          }
        ],
        "title": "Parse Mode"
      },
      "text": {
        "maxLength": 40000,
        "minLength": 1,
        "title": "Text",
        "type": "string"
      }
    },
    "required": [
      "text"
    ],
    "title": "TextIn",
    "type": "object"
  },
  "POST /api/v1/telegram/outbox/{send_id}/decision": {
    "additionalProperties": false,
    "description": "What became of a send of which nobody knows: it was sent, send it again, or give it up.",
    "properties": {
      "decision": {
        "description": "What an operator makes of a send that may have happened.",
        "enum": [
          "sent",
          "again",
          "failed"
        ],
        "title": "Decision",
        "type": "string"
      }
    },
    "required": [
      "decision"
    ],
    "title": "DecisionIn",
    "type": "object"
  },
  "POST /api/v1/telegram/trial-bots": {
    "additionalProperties": false,
    "description": "A bot to make in the fake Telegram.",
    "properties": {
      "name": {
        "maxLength": 64,
        "minLength": 1,
        "pattern": "^[^\\x00-\\x1f]*$",
        "title": "Name",
        "type": "string"
      },
      "username": {
        "pattern": "^[A-Za-z][A-Za-z0-9_]{1,28}[bB][oO][tT]$",
        "title": "Username",
        "type": "string"
      }
    },
    "required": [
      "name",
      "username"
    ],
    "title": "TrialBotIn",
    "type": "object"
  },
  "POST /api/v1/telegram/webhook/{bot_id}": {
    "additionalProperties": true,
    "description": "An update as Telegram sends it.",
    "properties": {
      "update_id": {
        "maximum": 9007199254740992,
        "minimum": 0,
        "title": "Update Id",
        "type": "integer"
      }
    },
    "required": [
      "update_id"
    ],
    "title": "WebhookIn",
    "type": "object"
  },
  "POST /api/v1/users": {
    "additionalProperties": false,
    "description": "A user to add; with no password one is made.",
    "properties": {
      "name": {
        "default": "",
        "maxLength": 64,
        "title": "Name",
        "type": "string"
      },
      "password": {
        "anyOf": [
          {
            "format": "password",
            "maxLength": 128,
            "minLength": 10,
            "type": "string",
            "writeOnly": true,
            "x-not": [
              "username",
              "common"
            ]
          },
          {
            "type": "null"
          }
        ],
        "title": "Password"
      },
      "role": {
        "description": "A user's standing on the square; each includes the one after it.",
        "enum": [
          "owner",
          "admin",
          "moderator",
          "member",
          "guest"
        ],
        "title": "Role",
        "type": "string"
      },
      "username": {
        "description": "3 to 32 of a-z, 0-9, `_`, `.`, `-`",
        "maxLength": 32,
        "minLength": 3,
        "pattern": "^[a-z0-9][a-z0-9_.-]{2,31}$",
        "title": "Username",
        "type": "string",
        "x-reserved": [
          "api",
          "everyone",
          "herkes",
          "konsoi",
          "meydan",
          "sistem",
          "system"
        ],
        "x-reserved-prefix": "misafir-"
      }
    },
    "required": [
      "username"
    ],
    "title": "UserIn",
    "type": "object"
  },
  "PATCH /api/v1/users/{user_id}": {
    "additionalProperties": false,
    "description": "What is changed about another user.",
    "properties": {
      "active": {
        "anyOf": [
          {
            "type": "boolean"
          },
          {
            "type": "null"
          }
        ],
        "title": "Active"
      },
      "role": {
        "anyOf": [
          {
            "description": "A user's standing on the square; each includes the one after it.",
            "enum": [
              "owner",
              "admin",
              "moderator",
              "member",
              "guest"
            ],
            "title": "Role",
            "type": "string"
          },
          {
            "type": "null"
          }
        ]
      }
    },
    "title": "UserChange",
    "type": "object"
  }
} as const;
