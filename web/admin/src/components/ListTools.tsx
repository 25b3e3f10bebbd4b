import { ActionIcon, Menu, TextInput, type TextInputProps, Tooltip } from "@mantine/core";
import { ArrowDownUp, Check, Search } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "@/text/useText";
import styles from "./ListTools.module.css";
import type { Listing } from "./listing";
import { texts } from "./texts";

interface SearchProps extends Pick<TextInputProps, "size" | "className" | "autoFocus"> {
  label: string;
  value: string;
  onType: (text: string) => void;
  /** What Escape does; if nothing is said, it empties the field and steps out of it. */
  onEscape?: () => void;
}

/** The field that `/` finds. */
export function SearchField({ label, value, onType, onEscape, ...rest }: SearchProps) {
  return (
    <TextInput
      {...rest}
      type="search"
      value={value}
      placeholder={label}
      aria-label={label}
      leftSection={<Search size={16} />}
      onChange={(event) => onType(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
        event.stopPropagation();
        if (onEscape) return onEscape();
        onType("");
        event.currentTarget.blur();
      }}
      data-search
    />
  );
}

interface Props<T, O extends string> {
  list: Listing<T, O>;
  search: string;
  /** What each order is called. */
  orders: Readonly<Record<O, string>>;
  size?: "sm" | "md";
  children?: ReactNode;
}

/** What narrows and arranges a list that the panel holds whole. */
export function ListTools<T, O extends string>({ list, search, orders, size = "sm", children }: Props<T, O>) {
  return (
    <div className={styles.tools}>
      <SearchField className={styles.search ?? ""} size={size} label={search} value={list.typed} onType={list.type} />
      {children}
      <SortMenu order={list.order} orders={orders} onChoose={list.arrange} size={size} />
    </div>
  );
}

interface SortProps<O extends string> {
  order: O;
  /** What each order is called. */
  orders: Readonly<Record<O, string>>;
  onChoose: (order: O) => void;
  size?: "sm" | "md";
}

/** The orders that a list can stand in. */
export function SortMenu<O extends string>({ order: chosen, orders, onChoose, size = "sm" }: SortProps<O>) {
  const t = useText(texts);
  const label = `${t("sort")}: ${orders[chosen]}`;
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={label}>
          <ActionIcon className={styles.sort ?? ""} variant="default" size={`input-${size}`} aria-label={label}>
            <ArrowDownUp size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("sort")}</Menu.Label>
        {(Object.keys(orders) as O[]).map((order) => (
          <Menu.Item
            key={order}
            aria-current={order === chosen || undefined}
            leftSection={<Check size={16} className={styles.check} data-on={order === chosen || undefined} />}
            onClick={() => onChoose(order)}
          >
            {orders[order]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
