// A customer's side in a React Native app. What is React Native's own is handed in, so a test runs this in Node too:
//
//     import AsyncStorage from "@react-native-async-storage/async-storage";
//     import { AppState } from "react-native";
//
//     const chat = openChat({ url: "https://desk.example.com", brand: "acme", storage: AsyncStorage, appState: AppState });
//     await chat.customer.start();
//
// A screen draws `customer.view`, which stays the same object until there is something else to show:
//
//     const { customer } = chat;
//     const view = useSyncExternalStore((draw) => customer.on("change", draw), () => customer.view);
//     return <FlatList data={view.messages} keyExtractor={({ id }) => id} renderItem={({ item }) => <Bubble {...item} />} />;

import { createCustomer } from "../src/handoff_sdk/web/headless/index.js";

/**
 * The chat of who uses the app. It rests while the app is put away, and reads on when it comes to the front.
 *
 * @param {{ appState: any, url: string, [option: string]: any }} parts `appState`: React Native's `AppState`; the others
 *   are those of `createCustomer`, with `storage`: AsyncStorage
 */
export function openChat({ appState, ...options }) {
  const customer = createCustomer(options);
  const listening = appState.addEventListener("change", (/** @type {string} */ state) =>
    state === "active" ? customer.wake() : customer.rest(),
  );
  return {
    customer,
    async close() {
      listening.remove();
      await customer.stop();
    },
  };
}
